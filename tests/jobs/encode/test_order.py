"""An order is refused before anything runs, in a sentence, or kept whole."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from jobs.encode.order import (
    BadOrder,
    NotOrdered,
    Order,
    amend,
    begun,
    erasures,
    is_of,
    ordered,
    orders,
    place,
    portable,
    require_files,
    standing,
    title_of,
    was_erased,
)

if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.settings import Settings

ORDER = Order("bikes", "/films/bikes.mp4", "2026-01-10", captions=(("/films/b.vtt", "en"),))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title_id": "../bikes"}, "is no id of a title"),  # it names folders and addresses
        ({"title_id": ".hidden"}, "is no id of a title"),
        ({"title_id": ""}, "is no id of a title"),
        ({"codecs": ("h264", "divx")}, "The codec divx is not known"),
        ({"codecs": ()}, "The codec none is not known"),
        ({"protect": "drm"}, "The protection drm is not known"),
        ({"target_vmaf": 101.0}, "out of reach"),
        ({"captions": (("a.vtt", "en"), ("b.vtt", "en"))}, "Two caption files have one language"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_runs(
    change: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadOrder, match=said):
        replace(ORDER, **change)


def test_every_file_must_be_there(tmp_path: Path) -> None:
    film = tmp_path / "bikes.mp4"
    film.touch()
    require_files(Order("bikes", str(film), "2026-01-10"))
    with pytest.raises(BadOrder, match=r"There is no file /films/b\.vtt"):
        require_files(replace(ORDER, file=str(film)))


def test_what_was_found_out_does_not_undo_a_later_order(settings: Settings) -> None:
    place(settings, ORDER)
    found = replace(ORDER, master_sha256="ab")
    amend(settings, ORDER, found)
    assert ordered(settings, "bikes") == found
    later = replace(ORDER, target_vmaf=80.0)
    place(settings, later)  # while the first is still being looked at
    amend(settings, found, replace(found, refused="It is no video."))
    assert ordered(settings, "bikes") == later


def test_the_same_order_of_a_later_night_asks_for_the_same_version() -> None:
    """Its receipt is the first one, so a rollback and who prunes took it for that of another order."""
    kept = replace(ORDER, master_sha256="ab", per_shot=False, per_shot_why="Nobody plays it.")
    receipt = json.loads(json.dumps({"order": portable(kept)}))
    again = replace(kept, night="2026-01-11", per_shot_why="Twenty play it.", withdrawn="0" * 16)
    assert is_of(receipt, again)
    assert not is_of(receipt, replace(again, per_shot=True))
    assert not is_of(receipt, replace(again, master_sha256="cd"))
    del receipt["order"]["spoken"]  # of a version that was made before it could be asked for
    assert not is_of(receipt, again)


def test_an_order_stands_until_it_is_erased_or_another_takes_its_place(settings: Settings) -> None:
    assert standing(settings, ORDER) is None
    place(settings, ORDER)
    assert standing(settings, ORDER) == ORDER
    withdrawn = replace(ORDER, withdrawn="0" * 16)
    place(settings, withdrawn)
    assert standing(settings, ORDER) == withdrawn
    place(settings, replace(ORDER, target_vmaf=80.0))
    assert standing(settings, ORDER) is None


def test_an_order_is_read_back_as_it_was_placed_and_the_newest_counts(settings: Settings) -> None:
    place(settings, ORDER)
    assert ordered(settings, "bikes") == ORDER
    languages = {"require_captions": ("en", "fr"), "spoken": "de"}
    later = replace(
        ORDER, night="2026-01-11", codecs=("h264", "av1"), refused="It is no video.", **languages
    )
    place(settings, later)
    assert orders(settings) == [later]
    assert orders(settings, date(2026, 1, 10)) == []
    assert orders(settings, date(2026, 1, 11)) == [later]


@pytest.mark.parametrize("title", ["cars", "../orders/bikes", ""])
def test_an_unknown_title_names_those_that_there_are(settings: Settings, title: str) -> None:
    place(settings, ORDER)
    with pytest.raises(NotOrdered, match="there are: bikes"):
        ordered(settings, title)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Big Buck Bunny (1080p).mp4", "big-buck-bunny-1080p"),
        ("...mp4", "title"),
        ("Ö.mkv", "title"),
    ],
)
def test_a_file_suggests_an_id_that_can_be_typed(tmp_path: Path, name: str, title: str) -> None:
    assert title_of(tmp_path / name) == title
    Order(title_of(tmp_path / name), "/f", "2026-01-10")  # and that is accepted


def test_a_title_that_never_played_is_not_told_to_be_missing() -> None:
    """It had been said that there is no title of a name that the same sentence listed."""
    assert "no version of it plays" in str(NotOrdered("bikes", ["bikes"]))
    assert "There is no title 'bikes'" in str(NotOrdered("bikes", ["talk"]))


def test_half_a_line_of_the_log_of_erasures_hides_none_of_the_others(settings: Settings) -> None:
    """A full disk leaves one, and every task of a title that is there no more reads the log."""
    assert not was_erased(settings, "bikes")
    erasures(settings).parent.mkdir(parents=True)
    erasures(settings).write_text('{"title": "cars"}\n{"title": "bik\n{"title": "bikes"}\n')
    assert [was_erased(settings, title) for title in ("cars", "bikes", "bik", "")] == [
        True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"captions": (("/other/b.vtt", "en"),)}, True),  # in the store it has the name of its hash
        ({"captions": (("/films/b.vtt", "fr"),)}, False),
        ({"per_shot": False}, True),
        ({"per_shot": True}, False),
        ({"target_vmaf": 80.0}, False),
        ({"file": "/films/cars.mp4"}, False),
        ({"audio_description": "/films/told.wav"}, False),
    ],
)
def test_what_another_process_has_taken_in_goes_on_where_the_same_is_asked_for(
    settings: Settings, change: dict[str, Any], same: bool
) -> None:
    """Of two calls at once for one file, the second ended with "erased or ordered anew"."""
    place(settings, ORDER)
    taken = replace(
        ORDER, master_sha256="ab", captions=(("/store/cd.vtt", "en"),), per_shot=False,
        per_shot_why="Nobody plays it.",
    )  # fmt: skip
    amend(settings, ORDER, taken)
    asked = replace(ORDER, **change)
    assert begun(settings, asked) == (taken if same else None)
    place(settings, asked)  # as a call does that comes later: its own is what stands
    assert begun(settings, asked) == asked
