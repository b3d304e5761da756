"""Check what a ranker says, that a folder gives back what was saved, and that a spoilt one is refused."""

import json
import signal
import subprocess
import sys

import numpy as np
import pytest

from models.last_titles import LastTitles
from models.metrics import auc
from models.ranker.calibration import Line
from models.ranker.examples import Rows
from models.ranker.fit import NothingToRank, fit
from models.ranker.heads import HEADS
from models.ranker.network import Recipe
from models.ranker.ranker import BrokenRanker, Ranker, load

RECIPE = Recipe(hidden=8, wide_decay=1.0)


@pytest.fixture
def ranker(rows) -> Ranker:
    return fit(rows, ["score"], RECIPE, seed=1)


def test_learns_what_decides_watching_and_liking(rows, ranker):
    chances = ranker.probabilities(rows.columns)
    assert auc(rows.outcomes["watched"], chances["watched"]) > 0.95
    known = ~np.isnan(rows.outcomes["liked"])
    assert auc(rows.outcomes["liked"][known], chances["liked"][known]) > 0.9


def test_a_head_without_both_outcomes_is_absent_and_says_why(ranker):
    # all that was watched was completed: that teaches nothing about completing
    assert ranker.heads == ["watched", "liked"]
    assert "0 where it did not" in ranker.facts["absent_heads"]["completed"]


def test_a_completion_head_is_there_where_the_log_tells_both(rows):
    draws = np.random.default_rng(4)
    half = np.where(rows.outcomes["watched"] > 0, draws.random(len(rows)) < 0.5, np.nan)
    outcomes = rows.outcomes | {"completed": half.astype(np.float32)}
    ranker = fit(Rows(rows.columns, outcomes, rows.lists, rows.profiles), ["score"], RECIPE, 1)
    assert ranker.heads == ["watched", "completed", "liked"]


def test_too_few_watches_to_learn_from_are_an_error_of_their_own(rows):
    outcomes = rows.outcomes | {"watched": np.zeros(len(rows), np.float32)}
    with pytest.raises(NothingToRank, match="import more history"):
        fit(Rows(rows.columns, outcomes, rows.lists, rows.profiles), ["score"], RECIPE, 1)


def test_utility_is_the_product_of_watching_and_what_more_it_is_worth(rows, ranker):
    chances = ranker.probabilities(rows.columns)
    worth = {head.name: head.worth for head in HEADS}
    expected = np.log(chances["watched"]) + np.log1p(worth["liked"] * chances["liked"])
    np.testing.assert_allclose(ranker.utilities(rows.columns), expected, rtol=1e-4)
    assert ranker.utilities(rows.columns).dtype == np.float32


def test_every_head_says_why_it_is_worth_that():
    assert all(len(head.reason) > 20 for head in HEADS)
    assert HEADS[1].worth > HEADS[2].worth  # long-term watch before applause


def test_a_folder_gives_back_the_same_ranker(rows, ranker, tmp_path):
    model_hash, folder = ranker.save(tmp_path)
    again = load(folder)
    assert folder.name == model_hash
    assert again.heads == ranker.heads == ["watched", "liked"]  # not in the order of the alphabet
    assert (again.utilities(rows.columns) == ranker.utilities(rows.columns)).all()
    assert again.save(tmp_path)[0] == model_hash  # loading and saving changes nothing
    assert again.facts == json.loads(json.dumps(ranker.facts))


def test_equal_training_gives_an_equal_hash(rows, ranker, tmp_path):
    assert fit(rows, ["score"], RECIPE, seed=1).save(tmp_path)[0] == ranker.save(tmp_path)[0]


def test_a_folder_whose_content_was_changed_is_refused(ranker, tmp_path):
    _, folder = ranker.save(tmp_path)
    meta = json.loads((folder / "meta.json").read_text())
    meta["heads"][0][2] += 5.0
    (folder / "meta.json").write_text(json.dumps(meta))
    with pytest.raises(BrokenRanker, match="hash"):
        load(folder)


def test_a_folder_that_cannot_be_read_is_refused(ranker, tmp_path):
    _, folder = ranker.save(tmp_path)
    (folder / "weights.npz").write_bytes(b"PK torn")
    with pytest.raises(BrokenRanker, match="cannot be read"):
        load(folder)


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from models.ranker.ranker import load
ranker = load(Path(sys.argv[1]))
written = np.savez
def dying(*given, **arrays):
    written(*given, **arrays)
    os.kill(os.getpid(), signal.SIGKILL)
np.savez = dying
ranker.save(Path(sys.argv[2]))
"""


def test_a_save_that_is_killed_between_its_two_files_leaves_no_folder(rows, ranker, tmp_path):
    _, whole = ranker.save(tmp_path / "whole")
    root = tmp_path / "killed"
    command = [sys.executable, "-c", KILLED, str(whole), str(root)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert list(root.rglob("weights.npz"))  # it died after the first
    assert not (root / whole.name).exists()
    _, again = ranker.save(root)
    assert (load(again).utilities(rows.columns) == ranker.utilities(rows.columns)).all()
    assert [folder.name for folder in root.iterdir()] == [whole.name]


def test_saving_what_is_there_leaves_it_alone_and_mends_what_is_spoilt(rows, ranker, tmp_path):
    # the folder may be the live one, which others read at this moment
    _, folder = ranker.save(tmp_path)
    before = [(file.stat().st_ino, file.stat().st_mtime_ns) for file in sorted(folder.iterdir())]
    ranker.save(tmp_path)
    after = [(file.stat().st_ino, file.stat().st_mtime_ns) for file in sorted(folder.iterdir())]
    assert after == before
    (folder / "weights.npz").write_bytes(b"PK torn")
    ranker.save(tmp_path)
    assert (load(folder).utilities(rows.columns) == ranker.utilities(rows.columns)).all()


def test_many_rows_are_scored_as_few_are(rows, ranker, monkeypatch):
    # rows are scored in parts; where the parts end must not matter
    whole = ranker.utilities(rows.columns)
    monkeypatch.setattr("models.ranker.ranker.ROWS_AT_ONCE", 50)
    np.testing.assert_allclose(ranker.utilities(rows.columns), whole, rtol=1e-4)


def test_certain_odds_stay_finite(rows, ranker):
    extreme = Ranker(
        ranker.encoding, ranker.layers, ranker.lines | {"watched": Line(1.0, -1e6)},
        ranker.score_names, ranker.facts,
    )  # fmt: skip
    assert np.isfinite(extreme.utilities(rows.columns)).all()


def test_chances_are_those_of_the_window_they_are_calibrated_on(rows):
    # in the window only every third watch happened in time: chances must fall to a third
    kept = np.arange(len(rows)) % 3 == 0
    soon = np.where(rows.outcomes["watched"] > 0, kept, 0).astype(np.float32)
    window = Rows(rows.columns, rows.outcomes | {"watched": soon}, rows.lists, rows.profiles)
    ranker = fit(rows, ["score"], RECIPE, 1, window)
    chances = ranker.probabilities(rows.columns)["watched"]
    assert chances.mean() == pytest.approx(soon.mean(), rel=0.1)


def test_brings_its_model_of_last_titles_along_by_the_codes_asked_for(ranker, tmp_path):
    numbers = np.arange(6, dtype=np.float32).reshape(3, 2)
    model = LastTitles(numbers, numbers, np.ones(5, np.float32), np.array([3, 1, 2], np.float32))
    _, folder = ranker.with_last_titles(["a", "b", "c"], model).save(tmp_path)
    again = load(folder).last_titles(["b", "new", "c"])
    assert ranker.last_titles(["a"]) is None
    np.testing.assert_array_equal(again.watched, [[2, 3], [0, 0], [4, 5]])
    np.testing.assert_array_equal(
        again.popularity, [1, 1, 2]
    )  # what is new is as rare as the rarest
