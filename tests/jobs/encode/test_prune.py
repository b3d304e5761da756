"""Pruning makes room and takes nothing that is watched, rolled back to, rotated or encoded again."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from jobs.encode.assembly import key_ring
from jobs.encode.order import ordered, place
from jobs.encode.prune import WATCHED_SECONDS, disown, prune, prune_and_tell
from jobs.encode.publish import rollback
from jobs.encode.receipt import BrokenReceipt, receipt_of_version
from jobs.encode.rotating import rotate
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from serving_export.titles.layout import BrokenLive, is_whole, read_live
from tests.jobs.encode.made_night import copy_of

if TYPE_CHECKING:
    from pathlib import Path

    from serving_export.titles.layout import Live
    from tests.jobs.encode.made_night import Night

pytestmark = pytest.mark.slow
LATER = WATCHED_SECONDS + 60
LEFT = ("video-0123456789abcdef.mp4", "video-0123456789abcdef.mp4.json", ".part-vmaf-0123456789abcdef.json")  # fmt: skip
"""What a ladder of another target left, and a run that was killed."""


@pytest.fixture(scope="module")
def rotated(made: Night, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A title whose keys were rotated twice, with old files of work that nothing names."""
    found = copy_of(made.settings, tmp_path_factory.mktemp("rotated") / "var")
    for _ in range(2):
        rotate(Lake(found), "clip", Console(file=StringIO()))
    work = found.at("titles", "work", "clip")
    for name in LEFT:
        (work / name).write_text("left")
    for path in work.iterdir():
        os.utime(path, (0, time.time() - 2 * 86_400))
    return found


@pytest.fixture
def settings(rotated: Settings, tmp_path: Path) -> Settings:
    """A copy of it to prune."""
    return copy_of(rotated, tmp_path / "var")


def live(settings: Settings) -> Live:
    found = read_live(settings.at("titles", "published"), "clip")
    assert found is not None
    return found


def work(settings: Settings) -> set[str]:
    return {path.name for path in settings.at("titles", "work", "clip").iterdir()}


def test_versions_go_when_nobody_can_watch_them_any_more(settings: Settings) -> None:
    before = live(settings)
    assert len(before.previous) == 2
    folder = settings.at("titles", "published", "clip")
    (folder / ".part-cut-off").mkdir()

    assert [one.versions for one in prune(settings)] == [()]  # swapped a moment ago
    assert live(settings) == before
    (gone,) = prune(settings, time.time() + LATER)
    assert (gone.versions, gone.bytes > 10_000) == (before.previous[1:], True)
    after = live(settings)
    assert (after.version, after.previous) == (before.version, before.previous[:1])
    assert all(is_whole(folder / name) for name in (after.version, *after.previous))
    assert {path.name for path in folder.iterdir()} == {
        after.version, *after.previous, "live.json", ".publishing",
    }  # fmt: skip
    assert prune(settings, time.time() + LATER) == []
    assert rollback(settings.at("titles", "published"), "clip") == after.previous[0]


def test_keys_go_that_open_no_version_that_is_left(settings: Settings) -> None:
    """Else keys that leaked stay in the ring until the title is erased."""
    ring, before = key_ring(settings), live(settings)
    told = [receipt_of_version(settings, "clip", one) for one in (before.version, *before.previous)]
    ids = [set(one["key_ids"].values()) for one in told]
    prune(settings)  # swapped a moment ago
    assert ring.versions("clip") == (1, 2, 3)

    (gone,) = prune(settings, time.time() + LATER)
    assert (gone.keys, ring.versions("clip")) == (1, (2, 3))
    assert [ring.key_of("clip", one) for one in ids[2]] == [None] * 3
    rollback(settings.at("titles", "published"), "clip")
    assert all(ring.key_of("clip", one) for one in ids[1])
    assert prune(settings, time.time() + LATER)[0].versions == (before.version,)
    assert ring.versions("clip") == (2, 3)  # what is packaged next has the current ones


def test_keys_stay_that_a_version_may_need_which_does_not_say_its_own(settings: Settings) -> None:
    ring, oldest = key_ring(settings), live(settings).previous[-1]
    settings.at("titles", "published", "clip", oldest, "receipt.json").unlink()
    prune(settings)
    assert ring.versions("clip") == (1, 2, 3)


@pytest.mark.parametrize("at", ["_dropped", "key_ring", "remove"])
def test_pruning_that_was_ended_anywhere_is_ended_by_the_same_call(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"jobs.encode.prune.{at}", killed)
        with pytest.raises(KeyboardInterrupt):
            prune(settings, time.time() + LATER)
    prune(settings, time.time() + LATER)
    assert key_ring(settings).versions("clip") == (2, 3)
    assert len([*settings.at("titles", "published", "clip").glob("*/receipt.json")]) == 2
    assert not work(settings) & set(LEFT)
    assert prune(settings, time.time() + LATER) == []


def test_ended_work_goes_and_keys_are_still_rotated_without_encoding(settings: Settings) -> None:
    before, masters = work(settings), sorted(settings.at("titles", "masters").iterdir())
    prune(settings)
    after = work(settings)

    assert not after & set(LEFT)
    assert not [
        name for name in after if name.startswith("package-")
    ]  # published is the same bytes
    assert sorted(settings.at("titles", "masters").iterdir()) == masters
    rotate(Lake(settings), "clip", Console(file=StringIO()))
    made = {name.partition("-")[0] for name in work(settings) - after}
    assert not made & {"video", "probe", "vmaf", "audio", "scan"}
    assert len(before) > len(after)


def test_a_title_whose_newest_order_is_not_made_keeps_its_work(settings: Settings) -> None:
    place(settings, replace(ordered(settings, "clip"), target_vmaf=80.0))
    before = work(settings)

    assert prune(settings) == []
    assert work(settings) == before


@pytest.mark.parametrize(
    ("broken", "error"), [("live.json", BrokenLive), (f"{'0' * 16}/receipt.json", BrokenReceipt)]
)
def test_a_damaged_title_keeps_no_other_from_being_pruned(
    settings: Settings, broken: str, error: type[Exception]
) -> None:
    place(settings, replace(ordered(settings, "clip"), title_id="a-twin"))
    file = settings.at("titles", "published", "a-twin") / broken
    file.parent.mkdir(parents=True)
    file.write_text("{")
    told = StringIO()
    with pytest.raises(error, match="a-twin"):
        prune_and_tell(settings, Console(file=told, width=200))
    assert not work(settings) & set(LEFT)
    assert told.getvalue().startswith("clip: ")


def test_young_files_of_work_stay(settings: Settings) -> None:
    # a run may have made them a moment ago, for a receipt that is not written yet
    for name in LEFT:
        os.utime(settings.at("titles", "work", "clip", name))
    prune(settings)
    assert set(LEFT) <= work(settings)


PAIRS = ("video-0.mp4", "probe-0.json", "thumbnails-0", "thumbnails-0x")
"""Files of work by name; a probe's is JSON as its own note is."""


@pytest.mark.parametrize("removed", range(2 * len(PAIRS)))
def test_a_kill_leaves_no_note_without_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: int
) -> None:
    settings = Settings(var=str(tmp_path))
    folder = settings.at("titles", "work", "clip")
    folder.mkdir(parents=True)
    for name in PAIRS:
        (folder / name).write_text("made")
        (folder / f"{name}.json").write_text("note")
    left = iter(range(removed))

    def remove_or_die(path: Path) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        path.unlink()

    monkeypatch.setattr("jobs.encode.prune.remove", remove_or_die)
    with pytest.raises(KeyboardInterrupt):
        disown(settings, "clip")
    there = work(settings)
    assert len(there) == 2 * len(PAIRS) - removed
    assert [name for name in PAIRS if f"{name}.json" in there and name not in there] == []


def test_what_went_is_said(settings: Settings) -> None:
    told = StringIO()
    prune_and_tell(settings, Console(file=told, width=200))
    prune_and_tell(settings, Console(file=told, width=200))
    first, second = told.getvalue().splitlines()
    assert first.startswith("clip: 0 versions, 0 versions of keys and ")
    assert second == "There is nothing that a title does not need."
