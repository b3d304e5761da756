"""`marquee play` and `marquee edge` as people start them: one secret, a table, and a place between them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.serving_export.titles.asking import Answer, ask_at, publish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.service
VERSION = "0" * 16


@contextmanager
def marquee(var: Path, *words: str, **settings: str) -> Iterator[str]:
    """A command of its own process; the first line that it prints."""
    told = {f"MARQUEE_{name.upper()}": value for name, value in settings.items()}
    running = subprocess.Popen(
        [sys.executable, "-m", "jobs", *words], env={**os.environ, "MARQUEE_VAR": str(var), **told},
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert running.stdout is not None
        said = running.stdout.readline().strip()
        yield said if said or running.stderr is None else running.stderr.read()
    finally:
        running.terminate()
        running.communicate()


def row(address: str, region: str, latitude: float) -> dict[str, object]:
    """An edge of the table, on the prime meridian."""
    return {
        "base_url": address, "region": region, "latitude": latitude, "longitude": 0, "healthy": True,
    }  # fmt: skip


@pytest.fixture
def var(tmp_path: Path) -> Path:
    """What a title leaves that plays."""
    published = tmp_path / "titles" / "published"
    publish(published, VERSION)
    (published / "bikes" / VERSION / "receipt.json").write_text("{}")
    return tmp_path


def bases(link: str) -> list[str]:
    """What a page is told to fetch from."""
    address, _, grant = link.partition("/play/bikes#")
    return list(json.loads(ask_at(address, f"/session/{grant}/bikes").body)["bases"])


def told(link: str, *addresses: str) -> list[str]:
    """What a page is told to fetch from, once it is of these: on a busy machine an edge may be late to
    answer the first look."""
    end = time.monotonic() + 60
    while True:
        found = bases(link)
        if [base.partition("/t/")[0] for base in found] == list(addresses):
            return found
        assert time.monotonic() < end, found
        time.sleep(0.1)


def fetched(base: str) -> Answer:
    """The manifest below a base."""
    address, slash, path = base.partition("/t/")
    return ask_at(address, f"{slash}{path}manifest.mpd")


def test_viewers_of_a_place_are_sent_to_its_edge_while_it_lives(var: Path) -> None:
    table = var / "titles" / "edges.json"
    with marquee(var, "edge") as north, marquee(var, "edge") as south:
        table.write_text(json.dumps([row(north, "north", 60), row(south, "south", -30)]))
        with marquee(var, "play", "bikes", viewer_place="-34,18") as link:
            nearest = told(link, south, north, "")[0]
            assert fetched(nearest).body == VERSION.encode()  # a token that another process signed
        with marquee(var, "play", "bikes", viewer_place="north") as link:
            told(link, north, south, "")
    with marquee(var, "play", "bikes", viewer_place="north") as link:  # both edges have ended
        told(link, "")


def test_an_edge_with_another_secret_refuses(var: Path) -> None:
    with marquee(var, "edge", link_secret="ab" * 32) as edge, marquee(var, "play", "bikes") as link:
        assert fetched(edge + bases(link)[0]).status == 403


def test_a_place_that_is_none_is_one_sentence(var: Path) -> None:
    with marquee(var, "play", "bikes", viewer_place="atlantis") as said:
        assert said.startswith("The setting viewer_place is 'atlantis', neither a place on Earth")
    with marquee(var, "edge", player_origins="*") as said:
        assert said.startswith("The setting player_origins holds '*', which is no origin")
