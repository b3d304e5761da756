"""Sound around the listener plays in a real browser, in every group and codec, with its description."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from serving_export.titles.server import Titles, serve
from tests.serving_export.titles.asking import SECRET
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
        # nor is a picture listed once a group of sounds: auto, two that play, two that do not
        assert page.ask("document.querySelectorAll('[data-menu=quality] li').length") == 5
        for codec, channels, name in sorted({tuple(one) for one in there}):
            page.ask(
                f"marquee.change.to('audio', () => marquee.player.selectVariantTrack({TRACKS}.find("
                f"(one) => one.audioCodec === '{codec}' && one.label === '{name}'"
                f" && one.channelsCount === {channels}), true, 0), () => false)"
            )
            before = page.ask(HEARD)
            page.until(f"{HEARD} > {before + 1000} && !{VIDEO}.seeking")
            page.until(
                f"marquee.player.getVariantTracks().find((one) => one.active).label === '{name}'"
            )
            checked = f"{MENU}.find((one) => one.ariaChecked === 'true')?.textContent"
            speakers = f" {channels - 1}.1" if channels > 2 else ""
            page.until(f"{checked} === '{name}{speakers}'")
