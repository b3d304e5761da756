"""The commands show what an app would get, and say in words where it comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from typer.testing import CliRunner

from jobs.export import commands
from jobs.export.publish_pages import main
from serving_export.errors import NoTarget, NothingToServe
from serving_export.publish import publish
from serving_export.stores.store import open_store
from tests.serving_export import made

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from lakehouse.tables import Lake


@pytest.fixture
def place(filled: Lake) -> str:
    """A place where one night is live."""
    main(filled, made.NIGHT)
    return filled.settings.pages


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """What the commands have printed on a wide terminal."""
    console = Console(width=160, record=True, force_terminal=False)
    monkeypatch.setattr(commands, "console", console)
    return console.export_text


def test_a_page_is_shown_with_names_years_sources_and_chances(
    place: str, said: Callable[[], str]
) -> None:
    commands.page("anna", region="DE", pages=place)
    shown = said()
    assert "Profile anna: own page of night 2026-01-10" in shown
    assert "Because you watched Title 1" in shown
    lines = [line.split() for line in shown.splitlines()]
    assert ["1", "Title", "4", "1994", "Drama", "two_tower,", "co_watch"] in lines
    assert ["2", "Title", "5", "1995", "Drama", "popular", "0.250"] in lines
    assert ["1", "Title", "6", "Drama", "two_tower"] in lines  # its year is not known


def test_where_a_title_stands_is_said_in_a_sentence(place: str, said: Callable[[], str]) -> None:
    """Why one does not stand there, tests/jobs/recommend/test_why_not.py asks."""
    commands.page("anna", region="DE", why="t5", pages=place)
    assert said() == "Title t5 is on the page, in slot 2 of Top picks.\n"


def test_a_fallback_is_named_with_its_reason(place: str, said: Callable[[], str]) -> None:
    commands.page("nobody", region="DE", pages=place)
    shown = said()
    assert "Profile nobody: popular page" in shown
    assert "own: the version has no page of this profile" in shown


def test_a_page_as_json(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    commands.page("anna", region="DE", as_json=True, pages=place)
    told = json.loads(capsys.readouterr().out)
    assert (told["level"], told["stale"], told["night"]) == ("own", False, "2026-01-10")
    assert told["rows"][0]["titles"][1] == {
        "title_id": "t5", "name": "Title 5", "year": 1995, "genres": ["Drama"],
        "sources": ["popular"], "propensity": 0.25,
    }  # fmt: skip
    assert told["rows"][1]["because_of"] == "t1"


def test_an_empty_place_is_one_sentence(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(NothingToServe, match="no version is live"):
        commands.page("anna", pages=str(tmp_path_factory.mktemp("empty")))


def publish_night(place: str, night: date, pages: int = 5) -> str:
    return publish(
        open_store(place), made.night(made.everyone(pages), day=night), made.TERMS
    ).version


def test_versions_and_rollback(place: str, said: Callable[[], str]) -> None:
    first = open_store(place).board().live
    assert first is not None
    second = publish_night(place, made.NIGHT.replace(day=11))
    commands.versions(pages=place)
    shown = said()
    assert shown.index(second) < shown.index(first.version)  # newest first
    commands.rollback(pages=place)
    assert f"{first.version} is live, {second} is quarantined." in said()
    commands.versions(pages=place)
    assert "was rolled back from" in said()
    with pytest.raises(NoTarget):
        commands.rollback(second, pages=place)


def test_a_version_is_shown_whole_however_narrow_the_terminal(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `marquee rollback` takes the name as it stands there
    narrow = Console(width=80, record=True, force_terminal=False)
    monkeypatch.setattr(commands, "console", narrow)
    commands.versions(pages=place)
    live = open_store(place).board().live
    assert live is not None
    assert live.version in narrow.export_text()


def test_a_rollback_to_expired_pages_warns(filled: Lake, said: Callable[[], str]) -> None:
    place = filled.settings.pages
    night = made.night(made.everyone(5))
    publish(open_store(place), night, made.TERMS, clock=lambda: 1_000_000.0)
    publish_night(place, made.NIGHT.replace(day=11))
    commands.rollback(pages=place)
    assert "expired at 1970-01-12" in said()


def test_versions_of_an_empty_place(
    tmp_path_factory: pytest.TempPathFactory, said: Callable[[], str]
) -> None:
    commands.versions(pages=str(tmp_path_factory.mktemp("empty")))
    assert "holds no version: publish a night there first." in said()


@pytest.mark.parametrize("command", [commands.versions, commands.rollback, commands.page])
def test_each_command_has_help(command: Callable[..., None]) -> None:
    import typer

    app = typer.Typer()
    app.command()(command)
    assert CliRunner().invoke(app, ["--help"]).exit_code == 0
