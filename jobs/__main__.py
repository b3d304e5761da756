"""Offer every command of Marquee, installed as `marquee`."""

from __future__ import annotations

import atexit
import importlib
import json
import logging
import os
import sys
from datetime import date
from typing import Annotated

import typer
from rich.console import Console

from lakehouse import PACKAGES
from lakehouse.errors import MarqueeError, MissingExtra, MissingNight
from lakehouse.faults import named

COMMANDS: dict[str, str] = {
    "night": "jobs.night.commands:night",
    "ui": "jobs.night.commands:ui",
    "backfill": "jobs.night.commands:backfill",
    "check": "jobs.check.commands:check",
    "evaluate": "jobs.evaluate.commands:evaluate",
    "report": "jobs.report.commands:report",
    "versions": "jobs.export.commands:versions",
    "rollback": "jobs.export.commands:rollback",
    "page": "jobs.export.commands:page",
    "import-movielens": "jobs.events.commands:import_movielens",
    "import-interactions": "jobs.events.commands:import_interactions",
    "import-titles": "jobs.events.commands:import_titles",
    "import-profiles": "jobs.events.commands:import_profiles",
    "encode": "jobs.encode.commands:encode",
    "titles": "jobs.encode.commands:titles",
    "play": "jobs.encode.commands:play",
    "edge": "jobs.encode.commands:edge",
    "explain": "jobs.encode.commands:explain",
    "rotate-keys": "jobs.encode.commands:rotate_keys",
}
"""Command to the function that runs it; their modules import nothing heavy."""

app = typer.Typer(
    help="The nightly brain of a streaming service.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command("job", epilog="Example: marquee job events.build_events --night 1998-04-21")
def job(
    name: Annotated[str, typer.Argument(help="Area and job, such as events.build_events.")],
    night: Annotated[str, typer.Option(help="The night to work for, such as 1998-04-21.")],
    key: Annotated[str, typer.Option(help="The part to work on, for a job with one a key.")] = "",
) -> None:
    """Run one job for one night, as its DAG does; what it returns is printed as JSON."""
    from lakehouse.locks import alone
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    lake, when = Lake(Settings.read()), parse_night(night)
    main = importlib.import_module(f"jobs.{name}").main
    # a second run finds its models and files whole
    with alone(lake.settings.at("locks", name, *([key.replace("/", ":")] if key else []))):
        told = main(lake, when, key) if key else main(lake, when)
    if told is not None:
        sys.stdout.write(f"{json.dumps(told)}\n")


def parse_night(text: str) -> date:
    """The date that a night's key names; raises MissingNight for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise MissingNight(text) from None


def main() -> None:
    """Run the command line; an error that a person can act on is one line, not a traceback."""
    try:
        app()
    except SystemExit as ended:
        leave(ended.code if isinstance(ended.code, int) else int(ended.code is not None))
    except MarqueeError as error:
        refuse(error)
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        if package in (*PACKAGES, ""):
            raise
        refuse(MissingExtra(package, "pipeline"))
    except Exception as error:
        if (ours := named(error)) is None:
            raise
        refuse(ours)


def refuse(error: MarqueeError) -> None:
    """Print the sentence and leave with 2, which tells the scheduler that a retry would not help."""
    Console(stderr=True).print(str(error), style="bold red", markup=False, soft_wrap=True)
    leave(2)


def leave(status: int) -> None:
    """End without the interpreter's teardown.

    The thread pools of native libraries race with it: a night whose work was done has been seen to
    abort there, with "terminate called without an active exception".
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def register() -> None:
    """Give the command line every command of COMMANDS."""
    for name, place in COMMANDS.items():
        module, function = place.split(":")
        found = getattr(importlib.import_module(module), function)
        app.command(name, epilog=getattr(found, "example", None))(found)


register()

if __name__ == "__main__":
    main()
