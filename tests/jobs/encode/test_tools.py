"""Tools tell their CPU-seconds, end in one sentence, and never outlive whom they work for."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from jobs.encode import tools
from lakehouse.errors import MissingExtra, NoSpace

ENDLESS = ("-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2", "-f", "null", "-")
VICTIM = f"from jobs.encode import tools; tools.ffmpeg(*{ENDLESS!r})"


def test_a_call_tells_what_it_took() -> None:
    ran = tools.ffmpeg(
        "-v", "error", "-f", "lavfi", "-i", "testsrc2=d=1:s=640x360", "-f", "null", "-"
    )
    assert ran.command[0] == "ffmpeg"  # by name: receipts name no place of this machine
    assert 0 < ran.cpu_seconds < 30


def test_a_failure_is_one_sentence_with_the_last_line() -> None:
    with pytest.raises(
        tools.ToolFailed, match=r"ffprobe ended with status 1 \(.*No such file"
    ) as e:
        tools.ffprobe("-v", "error", "/no/such/file")
    assert "\n" not in str(e.value)


def test_the_cause_is_told_and_not_what_followed_from_it() -> None:
    # nor where in memory: the reason of a refusal stands in a table, the same for the same file
    said = (
        "[h264 @ 0x55b1cbf919c0] Error splitting the input into NAL units.\n"
        "[vist#0:0/h264 @ 0x55b1cbf0] [dec:h264 @ 0x55b1cb] Task finished with error code: -10\n"
        "[out#0/null @ 0x55cd4371e700] Nothing was written into output file.\n\n"
    )
    assert tools.last_line(said) == "Error splitting the input into NAL units."
    assert tools.last_line("[out#0/null @ 0x55c] Nothing was written.") == "Nothing was written."
    assert tools.last_line("no frame!\n    Last message repeated 2 times\n") == "no frame!"
    assert tools.last_line("\n") == "it said nothing"


def test_a_tool_that_hangs_is_killed_at_its_limit() -> None:
    began = time.monotonic()
    with pytest.raises(tools.ToolHung, match="did not end within 0 s"):
        tools.ffmpeg(*ENDLESS, seconds=0.4)
    assert time.monotonic() - began < 30


def test_a_disk_that_is_full_is_no_fault_of_the_film() -> None:
    words = ("-v", "error", "-f", "lavfi", "-i", "testsrc2=d=1:s=640x360", "-f", "mpegts")
    with pytest.raises(NoSpace, match="No space left on device"):
        tools.ffmpeg(*words, "/dev/full")
    # its words go to the same disk, which may have no room for them: its status says it as well
    with pytest.raises(NoSpace, match="ffmpeg could not write on"):
        tools.ffmpeg("-v", "quiet", *words[2:], "/dev/full")


def test_an_encoder_that_ffmpeg_lacks_is_named() -> None:
    with pytest.raises(tools.MissingEncoder, match="has no encoder libnothing"):
        tools.ffmpeg("-f", "lavfi", "-i", "testsrc2=d=1", "-c:v", "libnothing", "-f", "null", "-")


def test_a_tool_that_is_not_there_is_an_extra_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # a broken installation would else look like a broken film
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "ffmpeg"))
    tools.programs.cache_clear()
    with pytest.raises(MissingExtra, match="imageio-ffmpeg, which is not installed"):
        tools.programs()


def test_a_tool_that_the_kernel_kills_is_no_fault_of_the_film() -> None:
    us = psutil.Process()

    def kill() -> None:
        while not (found := [one for one in us.children() if "ffmpeg" in one.name()]):
            time.sleep(0.01)
        found[0].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(tools.ToolKilled, match="killed from outside"):
        tools.ffmpeg(*ENDLESS, seconds=30)
    killer.join()


def test_a_key_does_not_get_into_an_error() -> None:
    assert tools.last_line(f"bad key {'0' * 32}") == "bad key <32 hex>"


def test_a_tool_dies_with_a_user_that_is_killed() -> None:
    victim = subprocess.Popen([sys.executable, "-c", VICTIM], cwd=Path(__file__).parents[3])
    children: list[psutil.Process] = []
    while not children and victim.poll() is None:
        time.sleep(0.05)
        children = [
            child for child in psutil.Process(victim.pid).children() if "ffmpeg" in child.name()
        ]
    victim.kill()
    victim.wait()
    assert psutil.wait_procs(children, timeout=30)[1] == []
    assert children


def test_a_tool_whose_user_died_before_it_ran_does_not_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of users killed just after the start 9 of 20 left an encoder that nobody waited for."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    monkeypatch.setattr(os, "getpid", lambda: gone.pid)
    with pytest.raises(tools.ToolFailed, match="ffmpeg ended with status 1"):
        tools.ffmpeg("-version")


def test_versions_are_named() -> None:
    assert set(tools.versions()) == {"ffmpeg", "ffprobe", "packager"}
    assert all(tools.versions().values())
