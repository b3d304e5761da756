"""Every command explains itself, starts fast, and ends with one sentence when it cannot run."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import __main__ as command_line
from jobs.__main__ import COMMANDS
from lakehouse import PACKAGES

ROOT = Path(__file__).resolve().parents[2]


def marquee(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jobs", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200", **environment},
    )


@pytest.mark.parametrize("command", ["job", *COMMANDS])
def test_each_command_shows_help_with_an_example(command: str) -> None:
    done = marquee(command, "--help")
    assert done.returncode == 0, done.stderr
    assert f"Example: marquee {command}" in done.stdout


def test_help_loads_no_engine() -> None:
    # `marquee <TAB>` must not wait for Spark or TensorFlow
    code = (
        "import jobs.__main__, sys;"
        "heavy = {'pyspark', 'tensorflow', 'mlflow', 'airflow', 'great_expectations', 'pandas'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_job_without_a_night_says_what_to_do() -> None:
    done = marquee("job", "events.land", "--night", "yesterday")
    assert done.returncode == 2
    assert "'yesterday' is none, so nothing ran" in done.stderr


def test_a_misspelt_setting_stops_before_anything_runs() -> None:
    done = marquee("job", "events.land", "--night", "2026-01-10", MARQUEE_SEED="many")
    assert done.returncode == 2
    assert done.stderr.startswith("The setting seed must be a whole number")


def test_our_packages_are_those_that_are_installed() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    listed = setup["options.packages.find"]["include"].split()
    assert {name.split(".")[0] for name in listed} == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_missing_module_of_ours_is_our_fault(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # told as a missing extra, it would send people to install what they have
    def ours() -> None:
        __import__(f"{package}.misspelt")

    monkeypatch.setattr(command_line, "app", ours)
    with pytest.raises(ModuleNotFoundError, match=rf"No module named '{package}\.misspelt'"):
        command_line.main()
