"""Make `.venv` hold all that Marquee runs on; runs on the system's Python, with nothing installed.

Each step is skipped when what it makes is there already, so that a second call takes a moment and
a call that was cut short goes on where it stopped. `test`, `titles` and `bench` name what only they
need.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

from lakehouse.errors import MarqueeError
from lakehouse.spark import require_java

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
JARS = VENV / "jars"
LOCK = ROOT / "requirements.lock"
DELTA = "io.delta:delta-spark_4.2_2.13:4.4.0"
SPACE_GB = 7  # the environment holds 4.6 GB, the jars and data of a first night the rest
BUILT = ("hnswlib",)
"""Peers of the benches that come as C++ source alone: no night may need a compiler for them."""


class LittleSpace(MarqueeError):
    """The disk has no room for what the set-up makes."""

    def __init__(self, free_gb: float) -> None:
        super().__init__(
            f"The set-up needs {SPACE_GB} GB of disk and {free_gb:.1f} GB are free under {ROOT}: "
            "make room and call again."
        )


class MissingTool(MarqueeError):
    """A program or module of the machine is not installed."""

    def __init__(self, what: str, package: str) -> None:
        super().__init__(f"{what}, and it is not installed: apt-get install {package}.")


class SetupStopped(MarqueeError):
    """A step of the set-up could not go on."""

    def __init__(self, what: str, said: str) -> None:
        cause, remedy = explained(said)
        super().__init__(
            f"The set-up stopped at {what} ({cause}): {remedy}, then call again; it goes on from "
            "here."
        )


REMEDIES = {
    "no space left|quota exceeded": "make room on the disk",
    "connecti|unresolved dep|lookup|network|timed out|matching distribution|certificate": (
        "check the network, and where pip and uv are told to look"
    ),
    "error|exception|failed": "mend that",
    "": "mend that",
}
"""What to do about a step, by what its last telling line has in it."""


def explained(said: str) -> tuple[str, str]:
    """The line of all that a step said which tells most, and what to do about it."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for words, remedy in REMEDIES.items():
        for line in reversed(lines):
            if re.search(words, line, re.IGNORECASE):
                return line, remedy
    return "it said nothing", "mend that"


def main(purpose: str = "night") -> None:
    """Set up, or say in one sentence why not."""
    try:
        check_machine()
        make_environment()
        fetch_jars()
        if purpose == "test":
            fetch("tests.serving_export.dynamodb_local")
            fetch("tests.serving_export.s3_local")
        if purpose in ("test", "titles"):
            fetch("jobs.encode.play")
        if purpose == "bench":
            build_peers()
    except MarqueeError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


def check_machine() -> None:
    """Raise MissingJava, MissingTool or LittleSpace where the machine does not do."""
    require_java()
    if (VENV / "ready").exists():
        return
    if importlib.util.find_spec("ensurepip") is None:  # Debian keeps it in a package of its own
        raise MissingTool("The set-up needs Python's venv module", "python3.11-venv")
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < SPACE_GB:
        raise LittleSpace(free)


def make_environment() -> None:
    """The virtual environment with exactly what the lock file says, and Marquee itself."""
    wanted = hashlib.sha256(LOCK.read_bytes() + (ROOT / "setup.cfg").read_bytes()).hexdigest()
    ready, python = VENV / "ready", str(VENV / "bin" / "python")
    if ready.exists() and ready.read_text() == wanted:
        return
    if not answers([python, "-m", "pip", "--version"]):  # nothing, or half of it
        step("making .venv", [sys.executable, "-m", "venv", "--clear", str(VENV)])
    if not answers([uv(), "--version"]):
        step(
            "fetching uv",
            [python, "-m", "pip", "install", "-q", "--force-reinstall", pinned("uv")],
        )
    kept = [line for line in LOCK.read_text().splitlines() if not line.startswith(BUILT)]
    (VENV / "packages.txt").write_text("\n".join(kept))
    install("the locked packages", "sync", "--compile-bytecode", str(VENV / "packages.txt"))
    install("marquee", "install", "--no-deps", "-e", str(ROOT))
    ready.write_text(wanted)


def fetch_jars() -> None:
    """Delta's jars in one folder, resolved once by Spark itself; no job resolves anything."""
    if (JARS / "ready").exists():
        return
    ivy, what = VENV / "ivy", "fetching the jars of Delta"
    code = (
        "from pyspark.sql import SparkSession;"
        f"SparkSession.builder.master('local[1]').config('spark.jars.packages', '{DELTA}')"
        f".config('spark.jars.ivy', '{ivy}').config('spark.ui.enabled', 'false')"
        # a home of its own: Ivy trusts a Maven cache that holds a POM without its jar, and fails
        f".config('spark.driver.extraJavaOptions', '-Duser.home={ivy}')"
        ".config('spark.driver.host', '127.0.0.1')"
        ".config('spark.driver.bindAddress', '127.0.0.1').getOrCreate().stop()"
    )
    step(what, [str(VENV / "bin" / "python"), "-c", code])
    # Spark brings Hadoop, Parquet and Jackson itself; a second copy would shadow its own
    jars = [*(ivy / "jars").glob("io.delta_*"), *(ivy / "jars").glob("io.unitycatalog_*")]
    if not jars:
        raise SetupStopped(what, f"Spark left none in {ivy / 'jars'}")
    JARS.mkdir(exist_ok=True)
    for jar in jars:
        shutil.copy2(jar, JARS)
    (JARS / "ready").touch()
    shutil.rmtree(ivy)


def fetch(module: str) -> None:
    """What a part needs from elsewhere, by the part itself; it says what keeps that away."""
    line = [str(VENV / "bin" / "python"), "-m", module]
    if subprocess.run(line, cwd=ROOT, check=False).returncode:  # noqa: S603
        sys.exit(1)


def build_peers() -> None:
    """What the benches compare us with and no wheel holds."""
    if answers([str(VENV / "bin" / "python"), "-c", f"import {', '.join(BUILT)}"]):
        return
    if not shutil.which("g++"):
        raise MissingTool(f"The benches compile {', '.join(BUILT)} with g++", "g++ python3.11-dev")
    install(", ".join(BUILT), "install", "--no-deps", *map(pinned, BUILT))


def pinned(package: str) -> str:
    """The requirement of a package as the lock file has it."""
    found = re.search(rf"^{package}==\S+", LOCK.read_text(), re.MULTILINE)
    return found[0] if found else package


def install(what: str, verb: str, *words: str) -> None:
    """Have uv install into the environment."""
    python = str(VENV / "bin" / "python")
    step(f"installing {what}", [uv(), "pip", verb, "-q", "--python", python, *words])


def uv() -> str:
    """The installer that the environment holds."""
    return str(VENV / "bin" / "uv")


def step(what: str, command: list[str]) -> None:
    """Run one step; raise SetupStopped with the last thing it said."""
    sys.stdout.write(f"set-up: {what} ...\n")
    sys.stdout.flush()
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SetupStopped(what, done.stdout + done.stderr)


def answers(command: list[str]) -> bool:
    """Whether a command is there and ends well."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603
    except OSError:
        return False


if __name__ == "__main__":
    main(*sys.argv[1:])
