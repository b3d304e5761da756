"""A title goes back by one command, and is erased by one: after a kill the same call ends it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from jobs.encode import encode_rung, publish_titles, rotating, undoing
from jobs.encode.assembly import key_ring
from jobs.encode.masters import store_of
from jobs.encode.order import NotOrdered, forget, is_of, lock_of, ordered, place
from jobs.encode.publish import NoVersion, take_down
from jobs.encode.receipt import read_receipt
from jobs.encode.rotating import rotate
from lakehouse.catalog import PLAYABLE_TITLES, RENDITIONS
from lakehouse.locks import alone
from serving_export.titles.layout import BadTitleId, read_live
from tests.jobs.encode.made_night import NIGHT

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakehouse.tables import Lake
    from tests.jobs.encode.made_night import Night

pytestmark = pytest.mark.slow


def call(command: Callable[[Lake, str, Console], None], lake: Lake, title_id: str = "clip") -> str:
    told = StringIO()
    command(lake, title_id, Console(file=told, width=300))
    return told.getvalue()


def listed(lake: Lake) -> set[str]:
    """The versions that the lake lists as playing today."""
    told = lake.arrow(PLAYABLE_TITLES, datetime.now(UTC).date()).to_pylist()
    return {row["version"] for row in told}


def left_of(lake: Lake, *words: str) -> list[str]:
    """Files of titles and reports that name any of these or lie where one is named."""
    files = [file for part in ("titles", "report") for file in lake.settings.at(part).rglob("*")]
    named = [file.relative_to(lake.settings.var).as_posix() for file in files if file.is_file()]
    return [name for name in named if any(word in name for word in words) and "lock" not in name]


def test_a_title_goes_back_to_what_played_before(spoilt: Lake) -> None:
    first = read_receipt(spoilt.settings, "clip")["version"]
    rotate(spoilt, "clip", Console(file=StringIO()))
    second = read_receipt(spoilt.settings, "clip")["version"]
    report = spoilt.settings.at("report", "titles", "clip.html")
    assert second in report.read_text()

    told = call(undoing.roll_back, spoilt)
    assert f"plays as version {first} again; who watches version {second}" in told
    assert (read_receipt(spoilt.settings, "clip")["version"], listed(spoilt)) == (first, {first})
    assert first in report.read_text()
    with pytest.raises(NoVersion):
        call(undoing.roll_back, spoilt)
    with pytest.raises(NotOrdered):
        call(undoing.roll_back, spoilt, "nothing")


def test_what_was_rolled_back_is_not_published_by_its_night_again(
    spoilt: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The night's next run finds all that the order asks for made, and would swap to it."""
    settings, first = spoilt.settings, read_receipt(spoilt.settings, "clip")
    rotate(spoilt, "clip", Console(file=StringIO()))
    second = read_receipt(settings, "clip")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(undoing, "rollback", killed)
        with pytest.raises(KeyboardInterrupt):
            call(undoing.roll_back, spoilt)
    assert ordered(settings, "clip").withdrawn == second["version"]  # before anything moved
    assert read_receipt(settings, "clip") == second  # which the same call makes good
    call(undoing.roll_back, spoilt)
    order, rows = ordered(settings, "clip"), spoilt.arrow(RENDITIONS, NIGHT)
    assert (order.withdrawn, is_of(first, order)) == (second["version"], True)

    publish_titles.main(spoilt, NIGHT)
    assert read_receipt(settings, "clip") == first
    assert spoilt.arrow(RENDITIONS, NIGHT) == rows
    place(settings, replace(order, withdrawn=""))  # it is ordered again
    publish_titles.main(spoilt, NIGHT)
    assert read_receipt(settings, "clip") == second


@pytest.mark.parametrize(
    "at",
    ["earlier_version", "write_json", "withdraw", "note_of", "rollback", "write_playing", "_reported", "record"],
)  # fmt: skip
def test_a_rollback_that_was_ended_anywhere_is_ended_by_the_same_call_and_goes_no_further(
    spoilt: Lake, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    settings = spoilt.settings
    rotate(spoilt, "clip", Console(file=StringIO()))
    second = read_receipt(settings, "clip")["version"]
    rotate(spoilt, "clip", Console(file=StringIO()))
    third = read_receipt(settings, "clip")["version"]

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(undoing, at, killed)
        with pytest.raises(KeyboardInterrupt):
            call(undoing.roll_back, spoilt)
    told = call(undoing.roll_back, spoilt)
    assert f"version {second} again; who watches version {third} watches on" in told
    assert (read_receipt(settings, "clip")["version"], listed(spoilt)) == (second, {second})
    assert ordered(settings, "clip").withdrawn == third
    assert second in settings.at("report", "titles", "clip.html").read_text()
    assert left_of(spoilt, "rolling-back") == []


def test_a_rollback_that_was_killed_is_over_where_another_version_was_published_since(
    spoilt: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    first = read_receipt(spoilt.settings, "clip")["version"]
    rotate(spoilt, "clip", Console(file=StringIO()))
    with monkeypatch.context() as patch:
        patch.setattr(undoing, "record", killed)
        with pytest.raises(KeyboardInterrupt):
            call(undoing.roll_back, spoilt)
    rotate(spoilt, "clip", Console(file=StringIO()))
    third = read_receipt(spoilt.settings, "clip")["version"]
    told = call(undoing.roll_back, spoilt)
    assert f"version {first} again; who watches version {third} watches on" in told


def test_a_report_of_what_was_rolled_back_goes_where_no_other_can_be_drawn(spoilt: Lake) -> None:
    first = read_receipt(spoilt.settings, "clip")
    rotate(spoilt, "clip", Console(file=StringIO()))
    gone = min(first["packing"]["scores"].values())
    spoilt.settings.at("titles", "work", "clip", gone).unlink()
    assert "has no report any more" in call(undoing.roll_back, spoilt)
    assert not spoilt.settings.at("report", "titles", "clip.html").exists()


def test_keys_that_were_rolled_back_are_not_given_again_by_who_was_killed_making_them(
    spoilt: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed rotation wrote down led to the keys that the title was just taken back from."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rotating, "record", killed)
        with pytest.raises(KeyboardInterrupt):
            call(rotate, spoilt)
    withdrawn = read_receipt(spoilt.settings, "clip")
    call(undoing.roll_back, spoilt)
    call(rotate, spoilt)
    after = read_receipt(spoilt.settings, "clip")
    assert (withdrawn["key_version"], after["key_version"]) == (2, 3)
    assert set(after["key_ids"].values()).isdisjoint(withdrawn["key_ids"].values())


def test_an_order_that_came_after_what_is_rolled_back_is_made(spoilt: Lake) -> None:
    rotate(spoilt, "clip", Console(file=StringIO()))
    later = replace(ordered(spoilt.settings, "clip"), target_vmaf=80.0)
    place(spoilt.settings, later)
    call(undoing.roll_back, spoilt)
    assert ordered(spoilt.settings, "clip") == later


def test_an_order_is_not_marked_where_there_is_nothing_to_go_back_to(spoilt: Lake) -> None:
    with pytest.raises(NoVersion):
        call(undoing.roll_back, spoilt)
    assert not ordered(spoilt.settings, "clip").withdrawn


def test_an_erased_title_leaves_its_line_alone(spoilt: Lake) -> None:
    settings = spoilt.settings
    rotate(spoilt, "clip", Console(file=StringIO()))
    receipt, order = read_receipt(settings, "clip"), ordered(settings, "clip")
    ids = [*receipt["key_ids"].values()]

    assert "clip is erased: 2 versions, 2 versions of keys" in call(undoing.erase, spoilt)
    caption = order.captions[0][0].rpartition("/")[2].partition(".")[0]
    assert left_of(spoilt, "clip", order.master_sha256, caption) == []
    assert listed(spoilt) == set()
    ring = key_ring(settings)
    assert (ring.versions("clip"), [ring.key_of("clip", one) for one in ids]) == ((), [None] * 3)
    (line,) = settings.at("titles", "erased.jsonl").read_text().splitlines()
    told = json.loads(line)
    assert (told["title"], told["key_versions"]) == ("clip", [1, 2])
    assert receipt["version"] in told["versions"]
    assert order.master_sha256 in told["delivered"]
    with pytest.raises(NotOrdered):
        call(undoing.erase, spoilt)
    encode_rung.main(spoilt, NIGHT, "clip/h264-240p")  # a task of a run that goes on meanwhile
    assert not settings.at("titles", "work", "clip").exists()


def test_a_title_is_down_at_once_and_erased_when_its_encoding_has_ended(spoilt: Lake) -> None:
    settings, order = spoilt.settings, ordered(spoilt.settings, "clip")
    published, told = settings.at("titles", "published"), StringIO()
    pointer = (published / "clip" / "live.json").read_text()
    erasing = Thread(
        target=undoing.erase, args=(spoilt, "clip", Console(file=told, width=300)), daemon=True
    )
    with alone(lock_of(settings, "clip")):
        erasing.start()
        while not told.getvalue() and erasing.is_alive():
            time.sleep(0.02)
        assert told.getvalue() == (
            "clip plays no more; it is erased when what works on it has ended.\n"
        )
        assert (read_live(published, "clip"), listed(spoilt)) == (None, set())
        assert ordered(settings, "clip") == order
        (published / "clip" / "live.json").write_text(
            pointer
        )  # as an encoding publishes at its end
    erasing.join()
    assert "clip is erased" in told.getvalue()
    assert left_of(spoilt, "clip", order.master_sha256) == []


@pytest.mark.parametrize("after", ["nothing", "another order"])
def test_a_run_of_its_night_waits_and_publishes_nothing_that_was_undone_meanwhile(
    spoilt: Lake, caplog: pytest.LogCaptureFixture, after: str
) -> None:
    """It had put an erased title back, and a rotation beside it an old encode over a new one."""
    settings, order = spoilt.settings, ordered(spoilt.settings, "clip")
    take_down(settings.at("titles", "published"), "clip")
    caplog.set_level("INFO")
    run = Thread(target=publish_titles.main, args=(spoilt, NIGHT), daemon=True)
    with alone(lock_of(settings, "clip")):
        run.start()
        while "holds encode.clip" not in caplog.text and run.is_alive():
            time.sleep(0.02)
        forget(settings, "clip")
        if after == "another order":
            place(settings, replace(order, target_vmaf=80.0, master_sha256=""))
    run.join()
    assert read_live(settings.at("titles", "published"), "clip") is None
    assert "clip was erased or ordered anew meanwhile" in caplog.text


def test_what_another_title_was_made_of_stays(spoilt: Lake) -> None:
    order = ordered(spoilt.settings, "clip")
    place(spoilt.settings, replace(order, title_id="twin", captions=()))
    call(undoing.erase, spoilt)
    store = store_of(spoilt.settings)
    assert store.opened(order.master_sha256).exists()
    assert len(list(store.folder.glob("*.vtt"))) == 0


@pytest.mark.parametrize(
    "at",
    [
        "undoing.take_down", "undoing.write_json", "undoing.key_ring", "undoing.write_playing",
        "undoing.remove", "undoing.forget", "undoing.release", "delivered.store_of", "undoing._log",
    ],
)  # fmt: skip
def test_an_erasure_that_was_ended_anywhere_is_ended_by_the_same_call(
    spoilt: Lake, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    order = ordered(spoilt.settings, "clip")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"jobs.encode.{at}", killed)
        with pytest.raises(KeyboardInterrupt):
            call(undoing.erase, spoilt)
    call(undoing.erase, spoilt)
    assert left_of(spoilt, "clip", order.master_sha256) == []
    assert len(spoilt.settings.at("titles", "erased.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("title_id", ["nothing", "../clip", ""])
def test_only_a_title_that_is_there_is_erased(made: Night, title_id: str) -> None:
    with pytest.raises((NotOrdered, BadTitleId)):
        call(undoing.erase, made.lake, title_id)
