"""Give tests a server of one small title, and a browser with titles that play."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs.encode import captions, tools
from jobs.encode.order import Order, place
from jobs.encode.production import Production
from jobs.encode.streams import Stream
from jobs.encode.taking_in import taken_in
from jobs.encode.tracks import sounds
from jobs.encode.workshop import Workshop
from lakehouse.settings import Settings
from serving_export.titles.keys import KeyRing
from serving_export.titles.player_files import vendor_player
from serving_export.titles.server import Served, Titles, serve
from tests.serving_export.titles.asking import NOW, OLD, SECRET, publish
from tests.serving_export.titles.browser import Browser, Page, chromium
from tests.serving_export.titles.packages import CAPTIONS, SECONDS, Catalogue, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def titles(tmp_path: Path) -> Titles:
    """One title, with a key, whose clock stands still."""
    publish(tmp_path / "published", OLD)
    player = tmp_path / "player"
    player.mkdir()
    (player / "shaka-player.js").write_text("'shaka'")
    (player / "ready").write_text("")
    ring = KeyRing.open(tmp_path / "keys", bytes(range(32)))
    return Titles(tmp_path / "published", player, ring, SECRET, now=lambda: NOW)


@pytest.fixture
def served(titles: Titles) -> Iterator[Served]:
    """A running server."""
    with serve(titles) as running:
        yield running


@pytest.fixture(scope="session")
def cinema(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """Real titles: clear, cenc, cbcs, and two that were locked with other keys than the ring has."""
    made = catalogue(tmp_path_factory.mktemp("cinema"))
    for protect in ("none", "cenc", "cbcs"):
        made.add(f"title-{protect}", protect)
    for protect in ("cenc", "cbcs"):
        made.add_with_wrong_keys(f"wrong-{protect}", protect)
    return made


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium for all tests of the page."""
    with chromium(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture(scope="session")
def shaka() -> Path:
    """Shaka Player, as set-up leaves it in the environment."""
    return vendor_player(Path(sys.prefix) / "player")


@pytest.fixture
def stage(cinema: Catalogue, shaka: Path) -> Iterator[Served]:
    """A server of the real titles."""
    with serve(Titles(cinema.published, shaka, cinema.ring, SECRET)) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page of desktop width, which must not have complained at the end."""
    with browser.page() as opened:
        yield opened
        opened.ask("0")  # hear what was said until here
        assert opened.complaints() == []


@pytest.fixture(scope="session")
def surround(cinema: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """A title of 7.1 in English, with a description in stereo and captions in three languages."""
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
    for language, words in (("fr", "Les mots"), ("de", "Worte")):
        file = folder / f"{language}.vtt"
        file.write_text(CAPTIONS.replace("The first words", words))
        text = captions.prepare(Workshop(folder / "work"), file, language, SECONDS).path
        name = f"captions-{language}"
        others.append(Stream(text, "text", name, language=language, roles=("caption",)))
    made = replace(cinema, streams=(*others, *(sound.stream for sound in heard)))
    made.add("surround", "cbcs")
    return made
