"""Sound around the listener plays in a real browser, in every group and codec, with its description."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from jobs.encode import tools
from jobs.encode.order import Order, place
from jobs.encode.production import Production
from jobs.encode.taking_in import taken_in
from jobs.encode.tracks import sounds
from lakehouse.settings import Settings
from serving_export.titles.server import Titles, serve
from tests.serving_export.titles.asking import SECRET
from tests.serving_export.titles.packages import SECONDS
from tests.serving_export.titles.test_playing import VIDEO, play

if TYPE_CHECKING:
    from pathlib import Path

    from tests.serving_export.titles.browser import Page
    from tests.serving_export.titles.packages import Catalogue

pytestmark = pytest.mark.service

HEARD = f"{VIDEO}.webkitAudioDecodedByteCount"
TRACKS = "marquee.player.getVariantTracks()"
MENU = "[...document.querySelectorAll('[aria-label=Audio] [role=menuitemradio]')]"
WAYS = {("mp4a.40.2", 2), ("mp4a.40.2", 6), ("opus", 2), ("opus", 8)}


@pytest.fixture(scope="module")
def surround(cinema: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """A title whose master has 7.1 in English, with a description in stereo."""
    folder = tmp_path_factory.mktemp("surround")
    tones = "|".join(f".05*sin({900 + 100 * n}*t)" for n in range(8))
    picture = next(stream.path for stream in cinema.streams if stream.kind == "video")
    film, told = folder / "film.mkv", folder / "told.wav"
    tools.ffmpeg(
        "-v", "error", "-i", picture, "-f", "lavfi", "-i", f"aevalsrc='{tones}':c=7.1:d={SECONDS}:s=48000",
        "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "flac", "-metadata:s:a", "language=eng", film,
    )  # fmt: skip
    tools.ffmpeg("-v", "error", "-f", "lavfi", "-i", f"sine=550:d={SECONDS}", told)
    settings = Settings(var=str(folder / "var"))
    order = Order("film", str(film), "2026-01-10", ("h264", "av1"), audio_description=str(told))
    place(settings, order)
    heard = sounds(Production(settings, taken_in(settings, order)))
    others = [stream for stream in cinema.streams if stream.kind != "audio"]
    made = replace(cinema, streams=(*others, *(sound.stream for sound in heard)))
    made.add("surround", "cbcs")
    return made


@pytest.mark.parametrize("manifest", ["dash", "hls"])
def test_every_kind_of_sound_plays(
    page: Page, surround: Catalogue, shaka: Path, manifest: str
) -> None:
    """A browser that takes a group must find in it what it plays, or it stops at the change."""
    with serve(Titles(surround.published, shaka, surround.ring, SECRET)) as stage:
        play(page, stage, "surround", manifest)
        there = page.ask(f"{TRACKS}.map((one) => [one.audioCodec, one.channelsCount, one.label])")
        assert {(codec, channels) for codec, channels, _ in there} == WAYS
        assert {name for _, _, name in there} == {"English", "English (audio description)"}
        # a person chooses what is heard, not in which codec
        assert sorted(page.ask(f"{MENU}.map((one) => one.textContent)")) == [
            "English", "English (audio description)", "English 5.1", "English 7.1",
        ]  # fmt: skip
        for codec, channels, name in sorted({tuple(one) for one in there}):
            page.ask(
                f"{TRACKS}.filter((one) => one.audioCodec === '{codec}' && one.label === '{name}'"
                f" && one.channelsCount === {channels}).slice(0, 1)"
                ".forEach((one) => marquee.player.selectVariantTrack(one, true, 0))"
            )
            before = page.ask(HEARD)
            page.until(f"{HEARD} > {before + 1000} && !{VIDEO}.seeking")
            page.until(
                f"marquee.player.getVariantTracks().find((one) => one.active).label === '{name}'"
            )
            checked = f"{MENU}.find((one) => one.ariaChecked === 'true')?.textContent"
            speakers = f" {channels - 1}.1" if channels > 2 else ""
            page.until(f"{checked} === '{name}{speakers}'")
