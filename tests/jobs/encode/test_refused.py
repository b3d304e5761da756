"""What does not play can be explained as what plays can: what was tried, what it scored, why not."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from jobs.encode import gate
from jobs.encode.explain import explained
from jobs.encode.order import Order, ordered, place
from jobs.encode.prune import prune
from jobs.encode.receipt import read_receipt
from jobs.encode.record import report_of, report_of_refused
from jobs.encode.refused import read_refused, set_aside
from jobs.encode.run import make_one
from jobs.encode.show import listed, tell_refused
from jobs.encode.taking_in import NotMade
from jobs.encode.tools import ToolFailed
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from tests.jobs.encode.made_night import NIGHT, copy_of
from tests.jobs.encode.test_killed import PUT, survived

if TYPE_CHECKING:
    from pathlib import Path

    from jobs.encode.facts import Rendition
    from tests.jobs.encode.made_night import Night

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
WHY = "its mean of 60.0 is below 90.0"


@pytest.fixture(scope="module")
def lake(made: Night, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A copy of the night in which the film plays, and was ordered again for a ladder whose lowest rung
    the gate refuses."""
    lake = Lake(copy_of(made.settings, tmp_path_factory.mktemp("refused") / "var"))
    order = ordered(lake.settings, "clip")
    lowest = read_receipt(lake.settings, "clip")["ladder"][0]["name"]
    verdict = gate.verdict

    def strict(one: Rendition, doubt: float) -> tuple[str, ...]:
        return (WHY,) if one.rung.name == lowest else verdict(one, doubt)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(gate, "verdict", strict)
        with pytest.raises(NotMade):
            make_one(lake, order, Console(file=StringIO()))
    return lake


def refused_of(lake: Lake, title_id: str) -> dict[str, Any]:
    found = read_refused(lake.settings, ordered(lake.settings, title_id))
    assert found is not None
    return found


def folder(lake: Lake, title_id: str) -> Path:
    return lake.settings.at("titles", "refused", title_id)


def test_a_refused_ladder_is_told_with_all_that_was_measured(lake: Lake) -> None:
    told, plays = refused_of(lake, "clip"), read_receipt(lake.settings, "clip")
    # made of the same files, so that all but the verdict is the same
    same = ("probes", "front", "fixed", "shots", "shots_in", "audio", "captions", "misses", "tools")
    assert {part: told[part] for part in same} == {part: plays[part] for part in same}
    lowest, *others = told["ladder"]
    assert (lowest["ships"], lowest["reason"]) == (False, WHY)
    assert lowest["vmaf"] == plays["ladder"][0]["vmaf"]
    assert others == plays["ladder"][1:]
    steps = [
        row for row in plays["steps"] if row["step"] not in ("package", "verify", "thumbnails")
    ]
    assert told["steps"] == steps
    for one in (*told["ladder"], *told["shots"]):
        picture = (folder(lake, "clip") / one["worst_frame"]["file"]).read_bytes()
        assert hashlib.sha256(picture).hexdigest() == one["worst_frame"]["sha256"]


def test_the_sentence_names_each_thing_once_and_what_to_do(lake: Lake) -> None:
    lowest = refused_of(lake, "clip")["ladder"][0]["name"]
    assert ordered(lake.settings, "clip").refused == (
        f"Title clip does not become playable, because its lowest rung {lowest} is held back ({WHY}); "
        "what played before goes on playing: see marquee explain clip, then encode it with another "
        "--target-vmaf or a better master."
    )


def test_explain_tells_of_what_plays_and_of_what_was_refused_since(lake: Lake) -> None:
    told, plays = StringIO(), read_receipt(lake.settings, "clip")
    explained(lake.settings, "clip", "", Console(file=told, width=200))
    first, _, second = told.getvalue().partition(f"clip, order of {NIGHT}, refused\n")
    assert f"clip, version {plays['version']}" in first
    assert ordered(lake.settings, "clip").refused in second
    assert f"Version {plays['version']}, of an earlier order, plays on." in second
    assert "passes" in second
    assert WHY in second.partition("Promised and come")[2]
    for row in refused_of(lake, "clip")["steps"]:
        assert row["file"] in second


def test_the_report_says_on_top_why_it_does_not_play_and_shows_the_rest(lake: Lake) -> None:
    page = report_of_refused(lake.settings, "clip").read_text()
    assert "was refused</h2>" in page
    assert page.index(WHY) < page.index("<h2>Pictures</h2>")
    assert f'<a href="../{report_of(lake.settings, "clip").name}">' in page
    assert page.count("data:image/svg+xml") == 3
    assert page.count("data:image/jpeg") == 2 + len(refused_of(lake, "clip")["ladder"])
    assert "It plays, version" in report_of(lake.settings, "clip").read_text()


def test_a_list_points_to_what_was_tried(lake: Lake) -> None:
    told = StringIO()
    tell_refused(listed(lake.settings), Console(file=told, width=200))
    for title in ("clip", "text"):
        assert f"explain {title}\n" in told.getvalue()
        assert str(report_of_refused(lake.settings, title)) in told.getvalue()


def test_of_a_file_that_is_no_film_there_is_why_and_no_more(lake: Lake) -> None:
    told = refused_of(lake, "text")
    assert told["refused"] == ordered(lake.settings, "text").refused
    assert (told["ladder"], told["probes"], told["steps"], told["master"]) == ([], [], [], {})
    page = report_of_refused(lake.settings, "text").read_text()
    assert "<h2>It does not play</h2>" in page
    assert "before any step of it had ended" in page
    said = StringIO()
    explained(lake.settings, "text", "", Console(file=said, width=200))
    assert told["refused"] in said.getvalue()


def test_a_rung_that_was_not_come_to_is_named(lake: Lake, tmp_path: Path) -> None:
    """As where a tool fails in the second rung: what was encoded until then is told, the rest named."""
    settings = copy_of(lake.settings, tmp_path / "var")
    order = replace(ordered(settings, "clip"), refused="")
    place(settings, order)
    top = read_receipt(settings, "clip")["ladder"][-1]
    for attempt in top["attempts"]:
        settings.at("titles", "work", "clip", f"{attempt['file']}.json").unlink()
    set_aside(settings, order, replace(order, refused="ffmpeg failed."))
    told = refused_of(Lake(settings), "clip")
    assert told["not_encoded"] == [top["name"]]
    assert top["name"] in " ".join(told["said"])
    assert top["name"] not in {rung["name"] for rung in told["ladder"]}
    said = StringIO()
    explained(settings, "clip", "", Console(file=said, width=200))
    assert "ffmpeg failed." in said.getvalue()


def test_a_ladder_is_told_without_pictures_where_they_cannot_be_made(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the file of a rendition is what is damaged."""
    settings = copy_of(lake.settings, tmp_path / "var")
    order, before = replace(ordered(settings, "clip"), refused=""), refused_of(lake, "clip")
    place(settings, order)

    def damaged(*_: object) -> None:
        raise ToolFailed("ffmpeg", 1, "moov atom not found")

    monkeypatch.setattr("jobs.encode.tried.worst_frames", damaged)
    set_aside(settings, order, replace(order, refused="It is damaged."))
    told = refused_of(Lake(settings), "clip")
    assert [rung["vmaf"] for rung in told["ladder"]] == [rung["vmaf"] for rung in before["ladder"]]
    assert "data:image/jpeg" not in report_of_refused(settings, "clip").read_text()
    explained(settings, "clip", "", Console(file=StringIO(), width=200))


def test_nothing_is_refused_before_what_was_tried_is_kept(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill in between leaves an order that is not refused, whose next run tells all of it."""
    settings = copy_of(lake.settings, tmp_path / "var")
    order = replace(ordered(settings, "clip"), refused="")
    place(settings, order)
    refused = replace(order, refused="It burnt.")
    with monkeypatch.context() as dying:
        dying.setattr("jobs.encode.refused.record_refused", dies)
        with pytest.raises(KeyboardInterrupt):
            set_aside(settings, order, refused)
    assert ordered(settings, "clip") == order
    assert "It burnt" not in (settings.at("titles", "refused", "clip", "receipt.json")).read_text()
    set_aside(settings, order, refused)
    assert refused_of(Lake(settings), "clip")["refused"] == "It burnt."


def test_a_refusal_that_is_killed_at_any_write_is_told_whole(made: Night, tmp_path: Path) -> None:
    lake = Lake(Settings(var=str(tmp_path / "var")))
    text = made.clip.with_name("text.mp4")
    place(lake.settings, Order("text", str(text), str(NIGHT)))
    moments = [
        (PUT, r"/\.text\.staged/receipt\.json "), (PUT, r"/report/titles/refused/text\.html "),
        (PUT, r"/titles/refused/text "), (PUT, r"/orders/text\.json "),
    ]  # fmt: skip
    assert survived(lake, "refuse", moments) == []
    assert refused_of(lake, "text") == refused_of(made.lake, "text")
    assert {path.name for path in folder(lake, "text").parent.iterdir()} == {"text"}


def dies(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_is_refused_lies_nowhere_that_is_served(lake: Lake) -> None:
    published = lake.settings.at("titles", "published")
    assert not (published / "text").exists()
    live = json.loads((published / "clip" / "live.json").read_text())
    assert {live["version"]} == {
        path.name for path in (published / "clip").iterdir() if path.is_dir()
    }


def test_pruning_leaves_what_a_refused_order_names(lake: Lake, tmp_path: Path) -> None:
    """So that the next order goes on from there; the receipt goes when its order is the newest no more."""
    settings = copy_of(lake.settings, tmp_path / "var")
    work = settings.at("titles", "work", "clip")
    (work / "video-0123456789abcdef.mp4").write_text("of another ladder")
    for path in work.iterdir():
        os.utime(path, (0, time.time() - 2 * 86_400))
    told = refused_of(Lake(settings), "clip")
    prune(settings)
    assert not (work / "video-0123456789abcdef.mp4").exists()
    assert all((work / row["file"]).exists() for row in told["steps"])
    assert refused_of(Lake(settings), "clip") == told

    place(settings, replace(ordered(settings, "clip"), refused="", target_vmaf=80.0))
    before = sorted(work.iterdir())
    prune(settings)
    assert sorted(work.iterdir()) == before
    assert not settings.at("titles", "refused", "clip").exists()
    assert not report_of_refused(settings, "clip").exists()


def test_nothing_is_kept_of_a_refusal_once_the_title_was_made(lake: Lake, tmp_path: Path) -> None:
    again = Lake(copy_of(lake.settings, tmp_path / "var"))
    order = replace(ordered(again.settings, "clip"), refused="")
    place(again.settings, order)
    make_one(again, order, Console(file=StringIO()))
    assert not folder(again, "clip").exists()
    assert not report_of_refused(again.settings, "clip").exists()
    assert report_of_refused(again.settings, "text").exists()


def test_a_later_order_is_not_told_by_what_was_kept_of_an_earlier_one(
    lake: Lake, tmp_path: Path
) -> None:
    settings = copy_of(lake.settings, tmp_path / "var")
    later: Order = replace(ordered(settings, "clip"), target_vmaf=80.0, refused="")
    place(settings, later)
    assert read_refused(settings, later) is None
    assert read_refused(settings, replace(later, refused="Another reason.")) is None
