"""What a machine lacks is said in one sentence with what to do, never as a traceback."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import setup

ROOT = Path(__file__).resolve().parents[2]


def set_up(*purpose: str, at: Path = ROOT, **environment: str) -> tuple[int, str]:
    """Run the set-up; its exit status and all that it said on stderr."""
    kept = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "jobs.setup", *purpose],
        env={**kept, **environment}, cwd=at, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr.removesuffix("\n")


def program(folder: Path, name: str, script: str) -> str:
    """A folder for PATH that holds this program."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(folder)


def bare(place: Path) -> Path:
    """A checkout in which nothing was set up."""
    for name in ("jobs/__init__.py", "jobs/setup.py", "requirements.lock", "setup.cfg"):
        (place / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, place / name)
    shutil.copytree(ROOT / "lakehouse", place / "lakehouse")
    return place


def test_without_java_it_names_the_package(tmp_path: Path) -> None:
    assert set_up(PATH=str(tmp_path)) == (
        1,
        "Spark needs Java 17 or newer and found none: "
        "install it with apt-get install openjdk-17-jre-headless, or set JAVA_HOME.",
    )


def test_a_java_home_without_java_is_named(tmp_path: Path) -> None:
    # Spark looks there and nowhere else, even where the path has a good one
    status, said = set_up(JAVA_HOME=str(tmp_path))
    assert (status, said.count("\n")) == (1, 0)
    assert f"found none in {tmp_path}/bin, where JAVA_HOME points" in said


@pytest.mark.parametrize(
    ("says", "found"),
    [
        ('java version "1.8.0_292"', "8"),  # how Java 8 and older count
        ('openjdk version "11.0.2" 2019-01-15', "11"),
        ("The operation couldn't be completed.", "one that does not answer"),  # a Mac without Java
    ],
)
def test_an_old_java_is_told_by_its_version(tmp_path: Path, says: str, found: str) -> None:
    path = program(tmp_path / "bin", "java", f"cat >&2 <<'END'\n{says}\nEND")
    status, said = set_up(PATH=f"{path}:/usr/bin:/bin")
    assert (status, said.count("\n")) == (1, 0)
    assert f"found {found}: install it with" in said


def test_without_its_venv_module_python_is_not_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(setup, "VENV", tmp_path)
    monkeypatch.setitem(sys.modules, "ensurepip", None)  # as Debian's python3.11 comes
    with pytest.raises(setup.MissingTool, match=r"apt-get install python3\.11-venv"):
        setup.check_machine()


def test_too_small_a_disk_is_told_before_anything_is_fetched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(setup, "VENV", tmp_path)
    monkeypatch.setattr(setup, "SPACE_GB", 10**9)
    with pytest.raises(setup.LittleSpace, match=r"GB are free under .*: make room"):
        setup.check_machine()


@pytest.mark.slow  # two virtual environments are made
def test_without_a_network_it_stops_there_and_goes_on_from_there(tmp_path: Path) -> None:
    place = bare(tmp_path)
    nowhere = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "PIP_NO_CACHE_DIR": "1",
    }
    status, said = set_up(at=place, **nowhere)
    assert (status, said.count("\n")) == (1, 0)
    assert said.startswith("The set-up stopped at fetching uv (")
    assert "check the network, and where pip and uv are told to look, then call again" in said
    # a kill half-way through making .venv leaves a Python without pip, which is made anew
    shutil.rmtree(place / ".venv" / "lib")
    status, said = set_up(at=place, **nowhere)
    assert said.startswith("The set-up stopped at fetching uv (")


@pytest.mark.parametrize(
    ("said", "what_to_do"),
    [
        ("ERROR: [Errno 28] No space left on device", "make room on the disk"),
        ("error: Failed to fetch: dns error: failed to lookup address", "check the network"),
        (
            'Exception in thread "main": [unresolved dependency: io.delta#delta-spark: not found]',
            "check the network",
        ),
        ("error: the lock names a package twice", "mend that"),
    ],
)
def test_what_a_step_said_decides_what_to_do(said: str, what_to_do: str) -> None:
    # what came before and after it tells less
    around = f"Using Python 3.11\n{said}\n\tat Utils.resolveMavenDependencies(Utils.scala:1)\n"
    told = str(setup.SetupStopped("installing", around))
    assert told.startswith(f"The set-up stopped at installing ({said}): {what_to_do}")


def test_a_second_call_says_and_does_nothing(tmp_path: Path) -> None:
    # not in our checkout: where its lock changed since, that would install what the tests run on
    place = bare(tmp_path)
    content = (place / "requirements.lock").read_bytes() + (place / "setup.cfg").read_bytes()
    for folder, text in ((".venv", hashlib.sha256(content).hexdigest()), (".venv/jars", "")):
        (place / folder).mkdir()
        (place / folder / "ready").write_text(text)
    before = {path: path.stat().st_mtime_ns for path in (place / ".venv").rglob("*")}
    assert set_up(at=place) == (0, "")
    assert {path: path.stat().st_mtime_ns for path in (place / ".venv").rglob("*")} == before


def test_without_maven_the_tests_say_so_before_they_begin(tmp_path: Path) -> None:
    # in a checkout that never fetched DynamoDB Local, and on a path without mvn
    bare(tmp_path)
    (tmp_path / "tests" / "serving_export").mkdir(parents=True)
    for name in ("dynamodb_local.py", "java_engine.py"):
        shutil.copy(ROOT / "tests" / "serving_export" / name, tmp_path / "tests" / "serving_export")
    done = subprocess.run(
        [sys.executable, "-m", "tests.serving_export.dynamodb_local"],
        cwd=tmp_path, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        "The tests of DynamoDB cannot run, because mvn is not installed: "
        "apt-get install maven, then run them again.\n"
    )
