"""Measure in Chromium: how soon a title's first frame shows, and whether a swap is noticed."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console

from bench.encode_scenes import production
from bench.encode_tables import Row
from jobs.encode.assembly import Assembly, key_ring
from jobs.encode.production import Production
from jobs.encode.receipt import read_receipt
from jobs.encode.releasing import released
from jobs.encode.rotating import rotate
from lakehouse.tables import Lake
from serving_export.titles.link_secret import link_secret
from serving_export.titles.player_files import vendor_player
from serving_export.titles.server import Titles, serve
from tests.serving_export.titles.browser import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakehouse.settings import Settings
    from serving_export.titles.server import Served
    from tests.serving_export.titles.browser import Browser, Page

TIMES = 5
MOST_SECONDS = 1.0
VIDEO = "document.querySelector('video')"
FRAMES = f"{VIDEO}.getVideoPlaybackQuality().totalVideoFrames"
FIRST = "performance.getEntriesByName('first-frame')[0]?.startTime"
COUNT_STALLS = f"stalls = 0; {VIDEO}.addEventListener('waiting', () => {{ stalls += 1; }}); 0"
AHEAD_SECONDS = 2
"""As little as a player may hold, so that it fetches segments and keys after the swap."""


@dataclass(frozen=True)
class Swap:
    """What a viewer saw of a new version under fresh keys."""

    old: str
    new: str
    played: str
    """The version that the page went on with."""
    requests_after: int
    """Files of the old version that it fetched after the swap."""
    stalls: int
    message: str


def rows(settings: Settings, file: Path) -> list[Row]:
    """The first frame of the clip in the clear and under keys, and a rotation while it plays."""
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        return [Row("first frame in the browser", "not measured: there is no Chromium here")]
    title = production(settings, "bikes", file)
    with _stage(settings) as (served, browser):
        found = []
        for protect in ("none", "cenc", "cbcs"):
            released(settings, _locked(title, protect))
            found += [_first_frame(browser, served, protect, way) for way in ("dash", "hls")]
        return [*found, _swap_row(_swapped(browser, served, settings, "bikes"))]


@contextmanager
def _stage(settings: Settings) -> Iterator[tuple[Served, Browser]]:
    player = vendor_player(Path(sys.prefix) / "player")
    published, secret = settings.at("titles", "published"), link_secret(settings.at("titles"))
    titles = Titles(published, player, key_ring(settings), secret)
    with (
        tempfile.TemporaryDirectory() as profile,
        serve(titles) as served,
        chromium(Path(profile)) as browser,
    ):
        yield served, browser


def _locked(title: Production, protect: str) -> Assembly:
    return Assembly(Production(title.settings, replace(title.order, protect=protect)))


def _first_frame(browser: Browser, served: Served, protect: str, manifest: str) -> Row:
    times = []
    for _ in range(TIMES):
        with browser.page() as page:
            _play(page, served, "bikes", manifest)
            times.append(page.until(FIRST) / 1000)
    middle = median(times)
    said = "clear" if protect == "none" else f"locked with {protect}, ClearKey"
    return Row(
        f"first frame in Chromium, {manifest.upper()}, {said}, median of {TIMES}",
        f"{middle:.2f} s ({min(times):.2f} to {max(times):.2f})",
        target=f"< {MOST_SECONDS:g} s", reached=middle < MOST_SECONDS,
    )  # fmt: skip


def _play(page: Page, served: Served, title_id: str, manifest: str = "dash") -> None:
    """Open a title and wait for decoded frames: time alone may run without any."""
    query = "?hls" if manifest == "hls" else ""
    page.go(served.link(title_id).replace("#", f"{query}#"))
    page.until(f"{FRAMES} > 2", 30)


def _swapped(browser: Browser, served: Served, settings: Settings, title_id: str) -> Swap:
    with browser.page() as page:
        page.command(
            "Page.addScriptToEvaluateOnNewDocument",
            source="addEventListener('load', () => { const set = () => globalThis.marquee?.player"
            f"?.configure({{streaming: {{bufferingGoal: {AHEAD_SECONDS}}}}}) || setTimeout(set, 5);"
            " set(); });",
        )  # fmt: skip
        _play(page, served, title_id)
        page.ask(COUNT_STALLS)
        old = page.ask("marquee.session.version")
        rotate(Lake(settings), title_id, Console(quiet=True))
        new = read_receipt(settings, title_id)["version"]
        page.ask("0")  # hear what was fetched until here
        before = len(page.heard)
        page.until(f"{VIDEO}.ended", 60)
        fetched = [
            said["request"]["url"] for method, said in page.heard[before:]
            if method == "Network.requestWillBeSent" and f"/{old}/" in said["request"]["url"]
        ]  # fmt: skip
        return Swap(
            old, new, page.ask("marquee.session.version"), len(fetched), page.ask("stalls"),
            page.ask("document.getElementById('message').textContent"),
        )  # fmt: skip


def _swap_row(swap: Swap) -> Row:
    return Row(
        "keys rotated and a new version published while the title plays to its end",
        f"{swap.stalls} stalls, {'no error' if not swap.message else swap.message}, "
        f"{swap.requests_after} files of the old version fetched after the swap",
        target="no stall, no error",
        reached=not swap.stalls
        and not swap.message
        and swap.requests_after > 0
        and swap.old == swap.played != swap.new,
    )
