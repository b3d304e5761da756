"""What is written whole: a writer that dies on the way leaves the old and nothing that looks like the new."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lakehouse.files import whole_folder, write_json, write_whole

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "titles" / "orders" / "bikes.json"
    write_json(file, {"a": [2], "b": 2})
    write_json(file, {"b": 1, "a": [2]})
    assert file.read_text() == '{\n "a": [\n  2\n ],\n "b": 1\n}\n'
    assert list(file.parent.iterdir()) == [file]


def test_a_writer_that_dies_leaves_the_old_file_and_none_that_a_pattern_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # orders and reports are found by *.json and *.html: half of one had been read as one
    file = tmp_path / "bikes.json"
    write_whole(file, "old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_whole(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.glob("*.json")) == [file]


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "model"

    def die_half_way() -> None:
        with whole_folder(folder) as staged:
            (staged / "half").write_text("1")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die_half_way()
    assert not folder.exists()
    for said in ("first", "second"):  # which also finds what the one before left half done
        with whole_folder(folder) as staged:
            (staged / "weights").write_text(said)
        assert [(file.name, file.read_text()) for file in folder.iterdir()] == [("weights", said)]
