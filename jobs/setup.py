"""Make `.venv` hold all that Marquee runs on; runs on the system's Python, with nothing installed.

Each step is skipped when what it makes is there already, so that a second call takes a moment and
a call that was cut short goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
JARS = VENV / "jars"
LOCK = ROOT / "requirements.lock"
DELTA = "io.delta:delta-spark_4.2_2.13:4.4.0"
SPACE_GB = 6  # the environment holds 4.2 GB, the jars and data of a first night the rest


class SetupError(Exception):
    """A step of the set-up cannot go on; its text says what to do."""


def main() -> None:
    """Set up, or say in one sentence why not."""
    try:
        check_machine()
        make_environment()
        fetch_jars()
    except SetupError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


def check_machine() -> None:
    """Raise SetupError where Python, Java or the space on disk does not do."""
    if sys.version_info[:2] != (3, 11):
        found = ".".join(map(str, sys.version_info[:2]))
        raise SetupError(
            f"Marquee runs on Python 3.11 and this is {found}: install python3.11 with its venv "
            "module and call make PYTHON=python3.11."
        )
    java = shutil.which("java")
    text = said([java, "-version"]) if java else ""
    version = re.search(r'version "(\d+)', text)
    if version is None or int(version[1]) < 17:
        raise SetupError(
            f"Spark needs Java 17 or newer and found {version[1] if version else 'none'}: "
            "install it with apt-get install openjdk-17-jre-headless."
        )
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < SPACE_GB and not (VENV / "ready").exists():
        raise SetupError(
            f"The set-up needs {SPACE_GB} GB of disk and {free:.1f} GB are free under {ROOT}: "
            "make room and call again."
        )


def make_environment() -> None:
    """The virtual environment with exactly what the lock file says, and Marquee itself."""
    wanted = hashlib.sha256(LOCK.read_bytes() + (ROOT / "setup.cfg").read_bytes()).hexdigest()
    ready = VENV / "ready"
    if ready.exists() and ready.read_text() == wanted:
        return
    if not (VENV / "bin" / "python").exists():
        step("making .venv", [sys.executable, "-m", "venv", str(VENV)])
    python, uv = str(VENV / "bin" / "python"), str(VENV / "bin" / "uv")
    if not Path(uv).exists():
        pinned = re.search(r"^uv==\S+", LOCK.read_text(), re.MULTILINE)
        package = pinned[0] if pinned else "uv"
        step("fetching uv", [python, "-m", "pip", "install", "-q", package])
    inside = ["--python", python]
    step(
        "installing the locked packages",
        [uv, "pip", "sync", "-q", "--compile-bytecode", *inside, str(LOCK)],
    )
    step("installing marquee", [uv, "pip", "install", "-q", *inside, "--no-deps", "-e", str(ROOT)])
    ready.write_text(wanted)


def fetch_jars() -> None:
    """Delta's jars in one folder, resolved once by Spark itself; no job resolves anything."""
    if (JARS / "ready").exists():
        return
    ivy = VENV / "ivy"
    code = (
        "from pyspark.sql import SparkSession;"
        f"SparkSession.builder.master('local[1]').config('spark.jars.packages', '{DELTA}')"
        f".config('spark.jars.ivy', '{ivy}').config('spark.ui.enabled', 'false')"
        # a home of its own: Ivy trusts a Maven cache that holds a POM without its jar, and fails
        f".config('spark.driver.extraJavaOptions', '-Duser.home={ivy}')"
        ".config('spark.driver.host', '127.0.0.1')"
        ".config('spark.driver.bindAddress', '127.0.0.1').getOrCreate().stop()"
    )
    step("fetching the jars of Delta", [str(VENV / "bin" / "python"), "-c", code])
    JARS.mkdir(exist_ok=True)
    # Spark brings Hadoop, Parquet and Jackson itself; a second copy would shadow its own
    for jar in [*(ivy / "jars").glob("io.delta_*"), *(ivy / "jars").glob("io.unitycatalog_*")]:
        shutil.copy2(jar, JARS)
    (JARS / "ready").touch()
    shutil.rmtree(ivy)


def step(what: str, command: list[str]) -> None:
    """Run one step; raise SetupError with the last thing it said."""
    sys.stdout.write(f"set-up: {what} ...\n")
    sys.stdout.flush()
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if line.strip()]
        causes = [line for line in told if re.search("error|exception|failed", line, re.IGNORECASE)]
        last = (causes or told or ["it said nothing"])[-1]
        raise SetupError(
            f"The set-up stopped at {what} ({last.strip()}): "
            "check the network and the space on disk, then call again; it goes on from here."
        )


def said(command: list[str]) -> str:
    """What a command prints, wherever it prints it."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout + done.stderr


if __name__ == "__main__":
    main()
