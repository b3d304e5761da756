"""A title is set aside by its own fault alone, and nothing else of its night suffers for it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from jobs.encode import (
    choose_ladders,
    encode_rung,
    find_shots,
    ingest_masters,
    publish_titles,
    refused,
    taking_in,
)
from jobs.encode.codecs import Cap
from jobs.encode.ladder.rungs import CAPS
from jobs.encode.on_airflow import require_made
from jobs.encode.order import Order, forget, ordered, orders, place
from jobs.encode.show import listed
from jobs.encode.taking_in import NotMade, each_title, own_faults, part, taken_in
from jobs.encode.tools import MissingEncoder, ToolFailed, ToolKilled
from lakehouse import faults
from lakehouse.catalog import MASTERS, PLAYABLE_TITLES, PROBES, RENDITIONS
from lakehouse.errors import BrokenFile, MarqueeError, MissingExtra, NoSpace
from lakehouse.tables import Lake
from serving_export.titles.keys import WrongMasterKey
from serving_export.titles.layout import read_live
from serving_export.titles.s3_errors import BucketFailed, ChangedOnTheWay
from tests.jobs.encode.made_night import copy_of

if TYPE_CHECKING:
    from jobs.encode.production import Production
    from lakehouse.catalog import Table
    from lakehouse.settings import Settings
    from tests.jobs.encode.conftest import Film
    from tests.jobs.encode.made_night import Night

NEXT = date(2026, 1, 11)


@pytest.fixture
def lake(made: Night, tmp_path: Path) -> Lake:
    """A copy of the night, and a night after it for which the film and a twin of it were ordered."""
    lake = Lake(copy_of(made.settings, tmp_path / "var"))
    film = replace(ordered(lake.settings, "clip"), night=str(NEXT))
    for twin in (film, replace(film, title_id="a-twin")):
        place(lake.settings, twin)
    work = lake.settings.at("titles", "work")
    shutil.copytree(work / "clip", work / "a-twin")  # the same film, so the same files
    return lake


def titles(lake: Lake, table: Table) -> set[str]:
    return {row["title_id"] for row in lake.arrow(table, NEXT).to_pylist()}


@pytest.mark.slow
def test_a_title_that_cannot_be_published_keeps_no_other_from_it(
    lake: Lake, tmp_path: Path
) -> None:
    words = tmp_path / "notes.txt"
    words.write_text("She enters. He leaves.")
    place(lake.settings, replace(ordered(lake.settings, "a-twin"), audio_description=str(words)))
    publish_titles.main(lake, NEXT)
    assert titles(lake, PLAYABLE_TITLES) == {"clip"}
    assert "clip" in titles(lake, RENDITIONS)
    assert ordered(lake.settings, "a-twin").refused
    assert not ordered(lake.settings, "clip").refused
    assert read_live(lake.settings.at("titles", "published"), "a-twin") is None


@pytest.mark.slow
def test_what_the_machine_lacks_sets_no_title_aside(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(faults, "ROOM", 10**18)
        with pytest.raises(NoSpace):
            publish_titles.main(lake, NEXT)
    assert not ordered(lake.settings, "a-twin").refused
    publish_titles.main(lake, NEXT)
    assert titles(lake, PLAYABLE_TITLES) == {"a-twin", "clip"}


@pytest.mark.slow
def test_a_rung_that_cannot_be_encoded_ends_the_tasks_of_its_title_alone(lake: Lake) -> None:
    store = lake.settings.at("titles", "masters")
    film = ordered(lake.settings, "clip")
    other = store / f"{'0' * 64}.mp4"  # not the bytes of its name: as if they had changed
    shutil.copyfile(store / f"{film.master_sha256}.mp4", other)
    place(lake.settings, replace(film, title_id="a-twin", master_sha256="0" * 64))
    encode_rung.main(lake, NEXT, "a-twin/h264-240p-100k")
    assert "holds other bytes" in ordered(lake.settings, "a-twin").refused
    encode_rung.main(lake, NEXT, "a-twin/h264-240p-200k")  # the next task of it has nothing to do
    publish_titles.main(lake, NEXT)
    assert titles(lake, PLAYABLE_TITLES) == {"clip"}


@pytest.mark.slow
def test_captions_that_cannot_be_read_keep_their_title_alone_from_being_made(
    lake: Lake, made: Night, tmp_path: Path
) -> None:
    words = tmp_path / "clip.vtt"
    words.write_text("WEBVTT\n\n00:00.500 --> 00:00.600\nFar too much to read in a tenth.\n")
    place(lake.settings, replace(made.order, title_id="a-twin", night=str(NEXT),
                                 captions=((str(words), "en"),)))  # fmt: skip
    ingest_masters.main(lake, NEXT)
    told = {row["title_id"]: row["reason"] for row in lake.arrow(MASTERS, NEXT).to_pylist()}
    assert "characters a second" in told["a-twin"]
    assert told["clip"] == ""
    assert {key.partition("/")[0] for key in find_shots.main(lake, NEXT)} == {"clip"}


@pytest.mark.slow
def test_a_codec_without_a_rung_sets_its_title_aside(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = ordered(lake.settings, "clip")
    place(lake.settings, replace(film, title_id="a-twin", night=str(NEXT)))
    place(lake.settings, replace(film, night="2026-01-12"))
    small = Cap(100, 1e9, 1e6)  # fewer lines than any film has
    monkeypatch.setitem(cast("dict[str, Cap]", CAPS), "h264", small)
    assert choose_ladders.main(lake, NEXT) == []
    assert "leave the codec out" in ordered(lake.settings, "a-twin").refused
    assert titles(lake, PROBES) == {"a-twin"}  # what was measured stays told


def placed(lake: Lake, title_id: str, **said: str) -> Order:
    order = Order(title_id, "/films/a.mp4", str(NEXT), **said)  # type: ignore[arg-type]
    place(lake.settings, order)
    return order


@pytest.fixture
def empty(settings: Settings) -> Lake:
    return Lake(settings)


def test_a_part_whose_tool_fails_is_tried_once_more_alone(empty: Lake) -> None:
    placed(empty, "bikes", master_sha256="0" * 64)
    tried: list[str] = []

    def fails_once(_: Production, rest: str) -> None:
        tried.append(rest)
        if len(tried) == 1:
            raise ToolFailed("ffmpeg", 1, "pipe closed")

    part(empty.settings, NEXT, "bikes/h264/0-640x272", fails_once)
    assert tried == ["h264/0-640x272"] * 2
    assert not ordered(empty.settings, "bikes").refused


def test_a_part_whose_tool_fails_again_sets_its_title_aside(empty: Lake) -> None:
    placed(empty, "bikes", master_sha256="0" * 64)
    tried: list[str] = []

    def fails(_: Production, rest: str) -> None:
        tried.append(rest)
        raise ToolFailed("ffmpeg", 1, "pipe closed")

    part(empty.settings, NEXT, "bikes/h264/0-640x272", fails)
    part(empty.settings, NEXT, "bikes/h264/0-480x204", fails)
    assert tried == ["h264/0-640x272"] * 2
    assert "pipe closed" in ordered(empty.settings, "bikes").refused


@pytest.mark.parametrize(
    "error",
    [
        ToolKilled("ffmpeg"), MissingEncoder("libx265"), MissingExtra("imageio-ffmpeg", "encode"),
        NoSpace("0 MB are free"), BrokenFile("silver.shots", "cut short"),
        WrongMasterKey(Path("keys")), BucketFailed("s3://masters", "no route to host", "look at the network"),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_what_the_machine_or_a_store_lacks_is_no_fault_of_the_film(
    empty: Lake, error: MarqueeError
) -> None:
    placed(empty, "bikes", master_sha256="0" * 64)

    def fails(_: Production, _rest: str) -> None:
        raise error

    with pytest.raises(type(error)):
        part(empty.settings, NEXT, "bikes/h264/0-640x272", fails)
    assert not ordered(empty.settings, "bikes").refused


def test_a_master_that_changed_on_its_way_to_s3_is_a_fault_of_its_title(empty: Lake) -> None:
    order = placed(empty, "bikes")
    with pytest.raises(NotMade), own_faults(empty.settings, order):
        raise ChangedOnTheWay("bikes.mp4")
    assert "changed while it was put" in ordered(empty.settings, "bikes").refused


def test_on_a_full_disk_what_a_tool_says_of_a_film_is_not_believed(
    empty: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = placed(empty, "bikes", master_sha256="0" * 64)
    monkeypatch.setattr(faults, "ROOM", 10**18)
    with pytest.raises(NoSpace), own_faults(empty.settings, order):
        raise ToolFailed("ffmpeg", 1, "moov atom not found")
    assert ordered(empty.settings, "bikes") == order


def test_a_later_order_is_not_blamed_for_an_earlier_one(empty: Lake) -> None:
    before = placed(empty, "bikes", master_sha256="0" * 64)
    later = placed(empty, "bikes", master_sha256="1" * 64)
    with pytest.raises(NotMade), own_faults(empty.settings, before):
        raise ToolFailed("ffmpeg", 1, "moov atom not found")
    assert ordered(empty.settings, "bikes") == later


def test_a_title_that_is_erased_while_it_is_made_stops_no_other(empty: Lake) -> None:
    """Its files are gone, so its step fails, and there is no order that could be set aside."""
    for title in ("bikes", "cars"):
        placed(empty, title, master_sha256="0" * 64)

    def step(production: Production) -> list[str]:
        if production.order.title_id == "bikes":
            forget(empty.settings, "bikes")
            raise ToolFailed("ffmpeg", 1, "No such file or directory")
        return [production.order.title_id]

    assert each_title(empty.settings, NEXT, step) == ["cars"]
    assert [order.title_id for order in orders(empty.settings)] == ["cars"]
    assert not empty.settings.at("titles", "refused", "bikes").exists()


def test_nothing_is_kept_of_a_refusal_whose_title_is_erased_meanwhile(
    empty: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, keep = placed(empty, "bikes"), refused._keep

    def keep_and_erase(settings: Settings, order: Order) -> None:
        keep(settings, order)
        assert settings.at("titles", "refused", "bikes").exists()
        forget(settings, "bikes")

    monkeypatch.setattr(refused, "_keep", keep_and_erase)
    refused.set_aside(empty.settings, order, replace(order, refused="It burnt."))
    assert not empty.settings.at("titles", "refused", "bikes").exists()
    assert orders(empty.settings) == []


def test_a_title_that_is_erased_while_it_is_taken_in_stops_no_other(
    empty: Lake, film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = Order("bikes", str(film.path), str(NEXT))
    place(empty.settings, order)
    monkeypatch.setattr(taking_in, "look", lambda _: forget(empty.settings, "bikes"))
    assert taken_in(empty.settings, order).master_sha256
    assert orders(empty.settings) == []


def test_a_master_that_is_gone_sets_its_title_aside(empty: Lake) -> None:
    order = placed(empty, "bikes")
    assert "There is no file /films/a.mp4" in taken_in(empty.settings, order).refused
    assert ordered(empty.settings, "bikes").refused


def test_titles_that_were_set_aside_end_the_command_with_their_reasons(empty: Lake) -> None:
    placed(empty, "bikes", refused="It is damaged.")
    placed(empty, "cars", refused="It is no film.")
    placed(empty, "dogs")
    require_made(empty.settings, ["dogs"])
    with pytest.raises(NotMade) as error:
        require_made(empty.settings, ["an-erased-one", "bikes", "cars", "dogs"])
    assert str(error.value) == (
        "Title an-erased-one was set aside. It was erased or ordered anew meanwhile. "
        "Title bikes was set aside, and its order is kept. It is damaged. "
        "Title cars was set aside, and its order is kept. It is no film."
    )


def test_a_refused_order_is_told_beside_what_plays(made: Night) -> None:
    told = {one["title"]: one for one in listed(made.settings)}
    assert (told["clip"]["state"], told["clip"]["later"]) == ("plays", "")
    assert (told["text"]["state"], told["text"]["later"]) == ("refused", "")


def test_what_cannot_be_encoded_is_a_row_with_its_reason(made: Night) -> None:
    assert {row["title_id"]: bool(row["reason"]) for row in made.rows(MASTERS)} == {
        "clip": False, "text": True,
    }  # fmt: skip
