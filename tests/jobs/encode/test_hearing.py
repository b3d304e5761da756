"""Sound is heard before anything is encoded: what its header says is not all that an encode needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from jobs.encode.order import Order, place
from jobs.encode.taking_in import taken_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lakehouse.settings import Settings
    from tests.jobs.encode.conftest import Clip

PLAIN = "testsrc2=s=64x64:r=25:d=4"
HISS = "anoisesrc=d=4:r=48000:seed=1"
PICTURE = ("-c:v", "libx264", "-preset", "ultrafast", "-threads", "1")


def refused(settings: Settings, film: Path, description: Path | None = None) -> str:
    """Why an order is set aside when it is taken in, with nothing encoded for it."""
    order = Order("film", str(film), "2026-01-10", audio_description=str(description or ""))
    place(settings, order)
    kept = taken_in(settings, order)
    assert not [*settings.at("titles", "work", "film").glob("audio-*")]
    return kept.refused


def channels(count: int) -> str:
    """A graph of so many channels of which nobody says where they belong."""
    sides = "|".join(f".05*sin({900 + 100 * n}*t)" for n in range(count))
    return f"aevalsrc='{sides}':d=1:s=48000"


def test_channels_that_nobody_can_mix_are_noticed_before_an_encode(
    settings: Settings, clip: Clip
) -> None:
    # they decode well, and ffmpeg refuses to mix them at the end, when all pictures are encoded
    words = ("-map", "0:v", "-map", "1:a", "-map", "2:a", *PICTURE, "-c:a", "pcm_s16le")
    sound = ("-f", "lavfi", "-i", channels(2), "-f", "lavfi", "-i", channels(9))
    film = clip("nine.mkv", PLAIN, *words, before=sound)
    said = refused(settings, film)
    assert said.startswith(f"{film.name} cannot be encoded: its sound track 2 has 9 channels in ")
    # in ffmpeg's words, too: a second that cannot be heard may have another cause
    assert re.search(r"no stereo is mixed of them \(Rematrix is needed between 9 channels", said)


@pytest.mark.parametrize(
    ("name", "graph", "change", "why"),
    [
        ("a.flac", HISS, lambda whole: whole[: len(whole) // 2], "it is damaged or cut off ("),
        ("a.wav", HISS, lambda whole: whole[: len(whole) // 2 + 1], "it is damaged or cut off ("),
        ("a.mka", HISS, lambda whole: whole[: len(whole) // 2], "it is cut off: the file ends"),
        ("a.flac", HISS, lambda whole: whole[:20_000] + bytes(3000) + whole[23_000:], "it is dam"),
        ("a.nut", channels(9), lambda whole: whole, "it has 9 channels in unsaid or rare places"),
    ],
)
def test_a_description_is_heard_to_its_end_before_an_encode(
    name: str, graph: str, change: Callable[[bytes], bytes], why: str,
    settings: Settings, clip: Clip,
) -> None:  # fmt: skip
    # its header is whole, and what it lacks would stop its title when all else of it is made
    codecs = {"a.flac": "flac", "a.mka": "libopus"}
    film = clip("film.mp4", PLAIN, *PICTURE)
    whole = clip(name, graph, "-c:a", codecs.get(name, "pcm_s16le"))
    file = settings.at(name)
    file.write_bytes(change(whole.read_bytes()))
    said = refused(settings, film, file)
    assert said.startswith(f"The audio description was refused, because {why}")
