"""The player page fits the screen, the hand and the eyes of who uses it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.serving_export.titles.test_page import middle
from tests.serving_export.titles.test_playing import FRAMES, VIDEO, pause, play

if TYPE_CHECKING:
    from serving_export.titles.server import Served
    from tests.serving_export.titles.browser import Browser, Page

pytestmark = pytest.mark.service


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_all_of_it(browser: Browser, stage: Served, width: int) -> None:
    with browser.page(width, 844) as page:
        play(page, stage, "title-none")
        pause(page)
        page.until("document.querySelectorAll('#ladder [data-rung]').length === 4")
        time.sleep(0.1)
        assert page.ask("document.documentElement.scrollWidth") == width
        for selector in ("#play", "#mute", "[data-menu=quality] button", "#fullscreen"):
            x, y = middle(page, selector, 1.0)
            assert x <= width
            x, y = middle(page, selector)
            assert page.ask(
                f"document.elementFromPoint({x}, {y}).closest('button') === document.querySelector({selector!r})"
            )
            size = page.ask(
                f"Object.values(document.querySelector({selector!r}).getBoundingClientRect().toJSON()).slice(2, 4)"
            )
            assert min(size) >= 44  # what a finger hits (WCAG 2.5.5)
        page.ask("document.querySelector('[data-menu=quality] button').click()")
        left, right = page.ask(
            "(({left, right}) => [left, right])(document.querySelector('[data-menu=quality] ul').getBoundingClientRect())"
        )
        assert left >= 0
        assert right <= width


def test_a_finger_pauses_once_the_controls_are_there(browser: Browser, stage: Served) -> None:
    with browser.page(390, 844) as page:
        page.command("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=1)
        hover = {"name": "hover", "value": "none"}
        page.command("Emulation.setEmulatedMedia", features=[hover])
        play(page, stage, "title-none")
        idle = "document.getElementById('stage').classList.contains('idle')"
        page.until(idle)
        for paused in (False, True):  # the first tap brings the controls back
            x, y = middle(page, "#video")
            page.command(
                "Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}]
            )
            page.command("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
            page.until(f"{VIDEO}.paused === {str(paused).lower()} && !{idle}")


def test_what_somebody_uses_stays_under_the_hand(browser: Browser, stage: Served) -> None:
    with browser.page(640, 1000) as page:
        play(page, stage, "title-none")
        pause(page)
        # the clock tells where the thumb is, also while the title plays on
        thumb = "bar = document.getElementById('seek'); bar.value = 15;"
        page.ask(f"{thumb} bar.dispatchEvent(new Event('input')); 0")
        page.ask(f"{VIDEO}.dispatchEvent(new Event('timeupdate'))")
        assert page.ask("document.getElementById('time').textContent") == "0:15"
        # a menu of many is not cut off by the picture's edge, and does not roll back by itself
        page.ask("document.querySelector('[data-menu=quality] button').click()")
        page.ask("list = document.querySelector('[data-menu=quality] ul'); 0")
        page.ask("for (const one of [...list.children]) list.append(one.cloneNode(true))")
        tops = (
            "[list, document.getElementById('stage')].map((one) => one.getBoundingClientRect().y)"
        )
        assert page.ask(f"(([menu, stage]) => menu >= stage)({tops})")
        page.ask("list.style.maxHeight = '80px'; list.scrollTop = 50; 0")
        page.ask("marquee.player.dispatchEvent(new shaka.util.FakeEvent('adaptation'))")
        assert page.ask("[list.children.length, list.scrollTop]") == [5, 50]


def test_forced_colours_leave_the_bar_and_the_plots_to_be_seen(page: Page, stage: Served) -> None:
    forced = {"name": "forced-colors", "value": "active"}
    page.command("Emulation.setEmulatedMedia", features=[forced])
    play(page, stage, "title-none")
    # a track that is a gradient is not drawn at all, unless the page keeps its colours
    style = "getComputedStyle(document.querySelector({!r}))"
    assert page.ask(style.format("#seek") + ".forcedColorAdjust") == "none"
    text = page.ask("getComputedStyle(document.body).color")
    page.until("!!document.querySelector('#ladder svg text')")
    assert page.ask(style.format("#ladder svg text") + ".fill") == text


def test_who_wants_less_motion_presses_play(browser: Browser, stage: Served) -> None:
    with browser.page() as page:
        page.command(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-reduced-motion", "value": "reduce"}],
        )
        page.go(stage.link("title-none"))
        page.until("!document.getElementById('start').hidden")
        assert page.ask(f"{VIDEO}.paused")
        page.point(*middle(page, "#start"), click=True)
        page.until(f"{FRAMES} > 2")
        assert (
            page.ask("getComputedStyle(document.getElementById('controls')).transitionDuration")
            == "0s"
        )
