"""Titles play in a real browser: clear and locked, on a poor network, and through a swap."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from serving_export.titles import server, signing
from serving_export.titles.refusals import NotServed
from serving_export.titles.server import Served, Titles, serve
from tests.serving_export.titles.asking import SECRET
from tests.serving_export.titles.packages import SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from serving_export.titles.files import Reply
    from tests.serving_export.titles.browser import Page
    from tests.serving_export.titles.packages import Catalogue

pytestmark = pytest.mark.service

VIDEO = "document.querySelector('video')"
FRAMES = f"{VIDEO}.getVideoPlaybackQuality().totalVideoFrames"
MESSAGE = "document.getElementById('message').textContent"
ACTIVE = "marquee.player.getVariantTracks().find((track) => track.active).height"
FEW_ATTEMPTS = (
    "marquee.player.configure('streaming.retryParameters', {maxAttempts: 2, baseDelay: 50}); 0"
)
"""So that a request fails in the time of a test."""
OFFLINE = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
COUNT_STALLS = f"stalls = 0; {VIDEO}.addEventListener('waiting', () => {{ stalls += 1; }}); 0"


def play(page: Page, served: Served, title_id: str, manifest: str = "dash") -> None:
    """Open a title and wait for controls and decoded frames: with a wrong key there are none."""
    query = "?hls" if manifest == "hls" else ""
    page.go(served.link(title_id).replace("#", f"{query}#"))
    page.until(f"{FRAMES} > 2 && !document.querySelector('[data-menu=quality]').hidden")


def pause(page: Page) -> None:
    """Press a key and wait until the page knows: its buttons hear of it later, on a busy machine."""
    page.press("k")
    page.until("document.getElementById('play').ariaLabel === 'Play'")


@pytest.mark.parametrize("manifest", ["dash", "hls"])
@pytest.mark.parametrize("protect", ["none", "cenc", "cbcs"])
def test_a_title_plays(
    page: Page, stage: Served, cinema: Catalogue, protect: str, manifest: str
) -> None:
    play(page, stage, f"title-{protect}", manifest)
    page.until(f"{VIDEO}.currentTime > 0.5")

    tags = page.until("document.getElementById('tags').innerText").split("\n")
    scheme = "clear" if protect == "none" else f"locked with {protect}"
    assert tags[:2] == [manifest.upper(), scheme]
    audit = (cinema.ring.folder / "audit.jsonl").read_text().splitlines()
    uses = [json.loads(line) for line in audit]
    asked = [use for use in uses if (use["for"], use["title"]) == ("licence", f"title-{protect}")]
    assert bool(asked) == (protect != "none")  # the keys came from the licence endpoint
    first = page.until("performance.getEntriesByName('first-frame')[0]?.startTime")
    print(f"first frame, {manifest} {protect}: {first:.0f} ms")  # noqa: T201 (shown by pytest -rP)


@pytest.mark.parametrize("manifest", ["dash", "hls"])
@pytest.mark.parametrize("protect", ["cenc", "cbcs"])
def test_a_wrong_key_is_said_and_shows_nothing(
    page: Page, stage: Served, protect: str, manifest: str
) -> None:
    query = "?hls" if manifest == "hls" else ""
    page.go(stage.link(f"wrong-{protect}").replace("#", f"{query}#"))

    assert "cannot be unlocked" in page.until(MESSAGE)
    assert page.ask(FRAMES) == 0
    assert page.ask(f"{VIDEO}.paused || {VIDEO}.readyState === 0")


@pytest.mark.parametrize("protect", ["cbcs", "none"])
def test_a_picture_that_stays_dark_is_said(page: Page, stage: Served, protect: str) -> None:
    # some builds of Chromium let time run over a wrong key without an error; this one does not, so
    # it is told to count no frames
    page.command(
        "Page.addScriptToEvaluateOnNewDocument",
        source="HTMLVideoElement.prototype.getVideoPlaybackQuality = () => ({totalVideoFrames: 0})",
    )
    page.go(stage.link(f"title-{protect}"))

    if protect == "cbcs":
        assert "cannot be unlocked" in page.until(MESSAGE)
    else:  # a clear title has no key to be wrong
        page.until(f"{VIDEO}.currentTime > 2")
        assert page.ask(MESSAGE) == ""


@pytest.mark.parametrize(("protect", "manifest"), [("none", "dash"), ("cbcs", "hls")])
def test_quality_falls_on_a_poor_network_and_rises_on_a_good_one_without_a_stall(
    page: Page, stage: Served, protect: str, manifest: str
) -> None:
    play(page, stage, f"title-{protect}", manifest)
    page.ask("marquee.player.configure({abr: {switchInterval: 1}, streaming: {bufferingGoal: 7}})")
    page.until(f"{ACTIVE} === 360 && {VIDEO}.buffered.length && {VIDEO}.buffered.end(0) > 7")
    page.ask(COUNT_STALLS)
    throttle(page, 600_000)
    page.until(f"{VIDEO}.videoHeight === 180", 25)  # decoded, not only chosen
    throttle(page, None)
    page.until(f"{VIDEO}.videoHeight === 360", 25)

    assert page.ask("stalls") == 0
    assert not page.ask(f"{VIDEO}.ended")


def throttle(page: Page, bits: float | None) -> None:
    """Let a network carry so many bits a second, or all that there are."""
    page.command(
        "Network.emulateNetworkConditions", offline=False, latency=20 if bits else 0,
        downloadThroughput=bits / 8 if bits else -1, uploadThroughput=bits / 8 if bits else -1,
    )  # fmt: skip


def test_a_swap_and_fresh_keys_during_playback_go_unnoticed(
    page: Page, stage: Served, cinema: Catalogue
) -> None:
    old = cinema.add("title-swapped", "cbcs")
    play(page, stage, "title-swapped")
    page.ask(COUNT_STALLS)
    cinema.ring.rotate("title-swapped")
    new = cinema.add("title-swapped", "cbcs")
    page.ask(f"{VIDEO}.currentTime = {SECONDS - 3}")  # segments and a licence of the old version
    page.until(f"{VIDEO}.currentTime > {SECONDS - 2} && {FRAMES} > 10")

    assert old != new
    assert (page.ask("marquee.session.version"), page.ask(MESSAGE)) == (old, "")
    assert page.ask("stalls") <= 1  # the seek itself waits once
    page.command("Page.reload")
    page.until(f"globalThis.marquee?.session.version === '{new}' && {FRAMES} > 2")


@pytest.mark.parametrize("whole", [True, False], ids=["link", "no-grant"])
def test_a_page_whose_player_did_not_load_says_so(page: Page, stage: Served, whole: bool) -> None:
    # what was to be said was lost with Shaka's own errors, which nobody can name without its script
    page.command("Network.setBlockedURLs", urls=["*/player/shaka-player.js"])
    link = stage.link("title-none")
    page.go(link if whole else link.partition("#")[0])

    said = "shaka is not defined" if whole else "This address is not whole"
    assert said in page.until(MESSAGE)
    assert page.ask("document.getElementById('stage').dataset.state") == "stopped"
    assert not [said for said in page.complaints() if "ReferenceError" in said]


@pytest.mark.parametrize("kind", ["forged", "expired", "unknown", "incomplete"])
def test_a_link_that_does_not_do_is_said_in_a_sentence(
    page: Page, stage: Served, kind: str
) -> None:
    secret, past = stage.titles.secret, int(time.time()) - 2 * signing.SKEW_SECONDS
    grant = {
        "forged": signing.sign(bytes(32), "title-none", signing.LIVE, past + 9999),
        "expired": signing.sign(secret, "title-none", signing.LIVE, past),
        "unknown": signing.sign(secret, "nothing", signing.LIVE, past + 9999),
        "incomplete": "",
    }[kind]
    said = {
        "forged": "was not signed for this title", "expired": "has expired",
        "unknown": "no playable title 'nothing'", "incomplete": "not whole",
    }[kind]  # fmt: skip
    page.go(f"{stage.address}/play/{'nothing' if kind == 'unknown' else 'title-none'}#{grant}")

    assert said in page.until(MESSAGE)
    assert page.ask(FRAMES) == 0
    names = page.names()
    assert "alert" in names
    assert all(
        name for role in ("heading", "link") for name in names.get(role, [])
    )  # no empty ones
    assert "Space" not in page.ask("document.body.innerText")  # no keys for what does not play


def test_a_page_whose_script_does_not_come_says_so(page: Page, stage: Served) -> None:
    page.command("Network.setBlockedURLs", urls=["*/player/words.js"])
    page.go(stage.link("title-none"))
    late = "document.querySelector('.late')"
    page.until(f"{late}?.getAnimations().length === 1")
    # its clock is set here: on a busy machine it has come before it can be asked for
    page.ask(f"clock = {late}.getAnimations()[0]; clock.pause(); clock.currentTime = 0; 0")
    assert page.ask(f"getComputedStyle({late}).visibility") == "hidden"
    page.ask("clock.finish()")
    assert page.ask(f"{late}.checkVisibility({{checkVisibilityCSS: true}})")


def test_a_part_that_is_lost_costs_its_rendition_and_not_the_film(
    page: Page, stage: Served
) -> None:
    page.command("Network.setBlockedURLs", urls=["*h264-360p/00003.m4s"])
    play(page, stage, "title-none")
    page.ask(FEW_ATTEMPTS)
    page.until(f"{VIDEO}.videoHeight === 180", 20)

    assert page.ask(MESSAGE) == ""


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Parts of names of files that the servers of this process do not find."""
    names: list[str] = []
    route = server.route

    def lossy(titles: Titles, path: list[str], *asked: Any) -> Reply:
        if any(name in "/".join(path) for name in names):
            raise NotServed
        return route(titles, path, *asked)

    monkeypatch.setattr(server, "route", lossy)
    return names


@pytest.mark.parametrize("manifest", ["dash", "hls"])
def test_captions_that_are_lost_do_not_cost_the_film(
    page: Page, stage: Served, lost: list[str], manifest: str
) -> None:
    lost += ["captions/whole", "captions/00001"]
    play(page, stage, "title-none", manifest)
    page.ask(FEW_ATTEMPTS)
    page.until("!document.querySelector('[data-menu=captions]').hidden")
    page.press("c")

    items = "[...document.querySelectorAll('[data-menu=captions] li')]"
    page.until(f"{items}[1].textContent.includes('the film plays without them')")
    page.until(f"{items}[0].ariaChecked === 'true'")
    before = page.ask(f"{VIDEO}.currentTime")
    page.until(f"{VIDEO}.currentTime > {before} + 0.3")
    assert page.ask(MESSAGE) == ""


def test_a_lost_part_of_the_chosen_quality_costs_the_choice_and_not_the_film(
    page: Page, stage: Served, lost: list[str]
) -> None:
    lost += [f"h264-360p/0000{part}" for part in range(4, 7)]
    play(page, stage, "title-none")
    page.ask(FEW_ATTEMPTS)
    page.ask("document.querySelectorAll('[data-menu=quality] li')[1].click()")
    page.ask(f"{VIDEO}.currentTime = 14")
    page.until(f"{VIDEO}.videoHeight === 180 && {VIDEO}.currentTime > 14.2")

    assert page.ask("document.getElementById('quality').textContent") == "Auto"
    assert page.ask(MESSAGE) == ""


@pytest.mark.parametrize("manifest", ["dash", "hls"])
def test_the_buffer_bridges_a_network_that_is_away(
    page: Page, stage: Served, manifest: str
) -> None:
    play(page, stage, "title-cbcs", manifest)
    page.ask(FEW_ATTEMPTS)
    page.ask(COUNT_STALLS)
    page.command("Network.emulateNetworkConditions", **OFFLINE)
    page.ask("failures = 0; marquee.player.addEventListener('error', () => { failures += 1; }); 0")
    page.until("failures > 1", 20)
    page.command("Network.emulateNetworkConditions", **(OFFLINE | {"offline": False}))
    page.until(f"{VIDEO}.buffered.end(0) > {SECONDS - 1}", 20)

    assert (page.ask(MESSAGE), page.ask("stalls")) == ("", 0)


def test_a_server_that_went_away_is_said(page: Page, cinema: Catalogue, shaka: Path) -> None:
    with serve(Titles(cinema.published, shaka, cinema.ring, SECRET)) as served:
        play(page, served, "title-none")
    page.ask(f"{VIDEO}.currentTime = {SECONDS - 3}")

    assert "cannot be reached" in page.until(MESSAGE, 20)
