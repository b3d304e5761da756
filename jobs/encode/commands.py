"""Offer `marquee encode`, `titles`, `play`, `edge`, `explain` and `rotate-keys`."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lakehouse.catalog import CODECS

if TYPE_CHECKING:
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake

Title = Annotated[str, typer.Argument(help="A title's id; marquee titles lists them.")]


Master = Annotated[Path | None, typer.Argument(help="A master; default: clips of a package.")]
TitleId = Annotated[str, typer.Option(help="The title's id; default: from the file.")]
Codecs = Annotated[str, typer.Option(help=f"Of {', '.join(CODECS)}; several by commas.")]
Target = Annotated[float, typer.Option(help="What the top rung must score.")]
Protect = Annotated[str, typer.Option(help="cbcs, cenc or none.")]
Captions = Annotated[
    list[str] | None, typer.Option(help="FILE.vtt:LANGUAGE, once for each language.")
]
Required = Annotated[str, typer.Option(help="Languages that must have captions, by commas.")]
Spoken = Annotated[str, typer.Option(help="The language of sound that does not say its own.")]
Described = Annotated[Path | None, typer.Option(help="A sound file that tells what is seen.")]
Budget = Annotated[float, typer.Option(help="CPU-seconds that probing may cost; 0: no limit.")]
PerShot = Annotated[
    bool | None,
    typer.Option(help="A CRF for each shot, or none; default: where demand pays for it."),
]
Booked = Annotated[str, typer.Option(help="The night to book it under; default: today.")]
RollBack = Annotated[str, typer.Option(metavar="TITLE", help="Let it play as it did before.")]
Erase = Annotated[
    str, typer.Option(metavar="TITLE", help="Remove it for good: masters, versions, keys.")
]
OnAirflow = Annotated[bool, typer.Option("--airflow", help="Run it as the DAG does.")]


def encode(
    file: Master = None,
    title: TitleId = "",
    codecs: Codecs = "h264",
    target_vmaf: Target = 95.0,
    protect: Protect = "cbcs",
    captions: Captions = None,
    require_captions: Required = "",
    spoken: Spoken = "",
    audio_description: Described = None,
    per_shot: PerShot = None,
    budget: Budget = 0.0,
    night: Booked = "",
    airflow: OnAirflow = False,
) -> None:
    """Make a title of a master: probes, ladder, renditions, gate, protected streams that play."""
    from rich.console import Console

    from jobs.__main__ import parse_night
    from jobs.encode.order import Order
    from jobs.encode.run import make
    from jobs.night.commands import end_by_exception

    end_by_exception()
    lake, booked = _lake(), parse_night(night) if night else datetime.now(UTC).date()
    orders = [
        Order(
            name, str(path), booked.isoformat(), _listed(codecs), target_vmaf, protect,
            captions=tuple(_caption(said) for said in captions or ()),
            require_captions=tuple(_language(said) for said in _listed(require_captions)),
            spoken=_language(spoken) if spoken else "",
            audio_description=str(audio_description.absolute()) if audio_description else "",
            per_shot=per_shot, budget_cpu_seconds=budget,
        )
        for name, path in _masters(lake.settings, file, title).items()
    ]  # fmt: skip
    make(lake, orders, airflow, Console())


encode.__dict__["example"] = "Example: marquee encode film.mp4 --captions film.en.vtt:en"


def titles(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Remove what no title needs.")] = False,
    rollback: RollBack = "",
    erase: Erase = "",
) -> None:
    """List the titles: state, renditions, bytes and scores; or make room, go back, or erase one."""
    from rich.console import Console

    from jobs.encode.show import listed, tell_listed

    if sum(map(bool, (prune, rollback, erase))) > 1:
        raise typer.BadParameter("--prune, --rollback and --erase are three things: give one.")
    if prune:
        from jobs.encode.prune import prune_and_tell

        return prune_and_tell(_lake().settings, Console())
    if rollback or erase:
        from jobs.encode import undoing

        return (
            undoing.roll_back(_lake(), rollback, Console())
            if rollback
            else undoing.erase(_lake(), erase, Console())
        )

    found = listed(_lake().settings)
    if as_json:
        sys.stdout.write(f"{json.dumps(found, indent=1)}\n")
    elif not found:
        Console().print("There is no title yet: marquee encode FILE, or make titles for clips.")
    else:
        tell_listed(found, Console())
    return None


titles.__dict__["example"] = "Example: marquee titles --json"


def explain(
    title: Title,
    rung: Annotated[str, typer.Option(help="One rung, such as 720p; default: all.")] = "",
) -> None:
    """Print the receipt of a title: how each rendition was chosen, what it scored, every command."""
    from rich.console import Console

    from jobs.encode.explain import explained

    explained(_lake().settings, title, rung, Console())


explain.__dict__["example"] = "Example: marquee explain bikes --rung 360p"


def play(
    title: Title,
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 0,
) -> None:
    """Serve a title on loopback and print a link to its player, until ctrl-C."""
    from rich.console import Console

    from jobs.encode.play import serve_title
    from jobs.night.commands import end_by_exception

    end_by_exception()
    serve_title(_lake().settings, title, port, Console())


play.__dict__["example"] = "Example: marquee play bikes"


def edge(port: Annotated[int, typer.Option(help="0 takes a free one.")] = 0) -> None:
    """Serve published titles as an edge, to links of servers with the same secret, until ctrl-C."""
    from rich.console import Console

    from jobs.encode.play import serve_as_edge
    from jobs.night.commands import end_by_exception

    end_by_exception()
    serve_as_edge(_lake().settings, port, Console())


edge.__dict__["example"] = "Example: marquee edge --port 8090"


def rotate_keys(
    title: Title = "",
    master: Annotated[bool, typer.Option("--master", help="The master key of all titles.")] = False,
) -> None:
    """Give a title new keys and package it again, without encoding; old versions play on."""
    from rich.console import Console

    from jobs.encode import rotating

    if bool(title) == master:
        raise typer.BadParameter("name a title, or give --master for the key that locks the ring.")
    if master:
        rotating.rotate_master(_lake().settings, Console())
    else:
        rotating.rotate(_lake(), title, Console())


rotate_keys.__dict__["example"] = "Example: marquee rotate-keys bikes"


def _lake() -> Lake:
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake

    return Lake(Settings.read())


def _masters(settings: Settings, file: Path | None, title: str) -> dict[str, Path]:
    """Title to master: the file as it was named, or the clips."""
    from jobs.encode.clips import clips
    from jobs.encode.order import title_of

    if file is None:
        return clips(settings)
    return {title or title_of(file): file.absolute()}


def _listed(said: str) -> tuple[str, ...]:
    """The words between commas."""
    return tuple(word.strip() for word in said.split(",") if word.strip())


def _caption(said: str) -> tuple[str, str]:
    """The absolute path and the language of FILE:LANGUAGE; raises BadOrder."""
    from jobs.encode.order import BadOrder

    path, _, language = said.rpartition(":")
    if not path:
        raise BadOrder(f"{said!r} names no caption file and language", "write film.en.vtt:en")
    return str(Path(path).absolute()), _language(language)


def _language(said: str) -> str:
    """The tag of a language; raises BadOrder."""
    from jobs.encode.languages import UNKNOWN, tag_of
    from jobs.encode.order import BadOrder

    if (tag := tag_of(said)) == UNKNOWN:
        raise BadOrder(f"{said!r} is no language", "write its tag, such as en, ja or pt-BR")
    return tag
