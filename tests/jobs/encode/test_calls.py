"""A step's calls are heard, kept with what it made, and told alike on any machine."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from jobs.encode import tools
from jobs.encode.calls import Call, overheard, placeless
from jobs.encode.protection import in_memory
from jobs.encode.workshop import Workshop

SCRATCH = f"{tempfile.gettempdir()}/"
NOTHING = ("-v", "error", "-f", "lavfi", "-i", "nullsrc=d=0.1:s=16x16")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("/v/titles/work/bikes/.part-video-h264-0a.mp4", "video-h264-0a.mp4"),
        ("/v/titles/work/bikes/video-h264-0a.mp4", "video-h264-0a.mp4"),
        ("/v/titles/masters/ab12.mp4", "../../masters/ab12.mp4"),
        ("/proc/4711/fd/8", "IN_MEMORY"),
        ("--flagfile=/proc/4711/fd/8", "--flagfile=IN_MEMORY"),
        (f"log_path={SCRATCH}tmpab12_x9z/0.csv:shortest=1", "log_path=TMP/0.csv:shortest=1"),
        (f"in={SCRATCH}marquee-ab12_x9z/a.mp4,stream=audio", "in=TMP/a.mp4,stream=audio"),
        ("/home/somebody/film.mp4", "film.mp4"),
        ("[0:v:0]scale=160:90/2", "[0:v:0]scale=160:90/2"),
    ],
)  # fmt: skip
def test_a_call_names_no_place_of_this_machine(word: str, told: str) -> None:
    call = Call(("ffmpeg", word), 1.5)
    assert placeless(call, Path("/v/titles/work/bikes")) == Call(("ffmpeg", told), 1.5)


def test_a_workshop_may_lie_in_a_scratch_folder() -> None:
    lake = f"{SCRATCH}tmpab12_x9z/titles"
    words = ("ffmpeg", f"{lake}/masters/ab12.mp4", f"{SCRATCH}tmpother_12/22.mp4")
    told = placeless(Call(words, 1.5), Path(lake, "work", "bikes"))
    assert told.command == ("ffmpeg", "../../masters/ab12.mp4", "TMP/22.mp4")
    # and beside scratch folders of its own
    told = placeless(Call(words, 1.5), Path(SCRATCH, "a", "b"))
    assert told.command[2] == "TMP/22.mp4"


def test_a_file_keeps_every_call_that_made_it(tmp_path: Path) -> None:
    work = Workshop(tmp_path / "titles" / "work" / "bikes")

    def produce(part: Path) -> dict[str, str]:
        with suppress(tools.ToolFailed):  # one that fails took its time, too
            tools.ffprobe("-v", "error", part)
        with tempfile.TemporaryDirectory() as folder, in_memory("a list") as listed:
            tools.ffmpeg(*NOTHING, "-f", "rawvideo", Path(folder, "a.yuv"))
            with suppress(tools.ToolFailed):
                tools.ffprobe("-v", "error", listed)
        tools.ffmpeg(*NOTHING, "-f", "rawvideo", part)
        return {}

    made = work.make("video", ".yuv", {"of": "nothing"}, produce)
    assert [(call.command[0], call.command[-1]) for call in made.calls] == [
        ("ffprobe", made.path.name), ("ffmpeg", "TMP/a.yuv"), ("ffprobe", "IN_MEMORY"),
        ("ffmpeg", made.path.name),
    ]  # fmt: skip
    assert all(call.cpu_seconds > 0 for call in made.calls)
    # who comes later, as after a kill, is told the same, and what was asked for is known
    resumed = Workshop(work.folder)
    assert resumed.make("video", ".yuv", {"of": "nothing"}, produce) == made
    assert resumed.asked == work.asked == {made.path.name: made}


def test_who_does_not_listen_hears_nothing() -> None:
    with overheard() as outside:
        with overheard() as inside:
            tools.ffmpeg(*NOTHING, "-f", "null", "-")
        tools.versions.cache_clear()
        tools.versions()  # asked for a recipe, it is no call of the step
    assert len(inside) == 1
    assert outside == []
