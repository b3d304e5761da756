"""Check what `marquee evaluate` prints, writes and refuses."""

import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from jobs.__main__ import app
from jobs.evaluate.commands import BadLengths, UnwritableFigures, lengths
from jobs.evaluate.evaluate import Evaluation
from jobs.evaluate.interactions import Interactions
from jobs.evaluate.protocols import Split
from jobs.evaluate.show import show, verdict
from models.metrics import interval
from tests.jobs.evaluate.made import made

COLUMNS = ["--profile-col", "user", "--title-col", "film", "--time-col", "ts"]


@pytest.fixture
def file(tmp_path):
    rows = made()
    lines = ["user,film,ts,stars"]
    for row in range(len(rows)):
        profile, title = rows.profile_ids[rows.profiles[row]], rows.title_ids[rows.titles[row]]
        lines.append(f"{profile},{title},{rows.times[row]:.0f},{rows.ratings[row]}")
    path = tmp_path / "plays.csv"
    path.write_text("\n".join([*lines, "p000,,1,5"]) + "\n")
    return path


def run(*words):
    # what a test before this one told TensorFlow's log is not what a terminal tells it
    told = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return subprocess.run(
        [sys.executable, "-m", "jobs", "evaluate", *map(str, words)],
        capture_output=True, text=True, check=False, env=told,
    )  # fmt: skip


@pytest.mark.slow
def test_a_file_is_judged_and_the_figures_are_written(file, tmp_path):
    figures = tmp_path / "made" / "on the way" / "figures.json"
    done = run(
        "--interactions", file, *COLUMNS, "--rating-col", "stars", "--protocol", "leave-last-out",
        "--k", "5,10", "--json", figures,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(figures.read_text())
    assert list(found["metrics"]) == ["popularity", "ease", "transitions", "two_tower", "funnel"]
    assert found["protocol"] == "leave-last-out"
    assert found["counts"]["test rows"] == found["counts"]["profiles judged"] == 72
    assert found["counts"]["rows left out"] == 1
    one = found["metrics"]["funnel"]["ndcg@10"]
    assert 0 < one["low"] <= one["mean"] <= one["high"] <= 1
    assert f"{one['mean']:.4f}" in done.stdout
    assert "1 rows without a profile" in done.stdout
    counted = found["counts"]
    assert f"rows of {counted['profiles']} profiles and {counted['titles']} titles" in done.stdout
    assert "By ndcg@10 the funnel stands" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--interactions", "nowhere.csv"], "nowhere.csv cannot be evaluated, because it is not"),
        (["--interactions", "{file}"], "no column 'profile_id'"),
        (["--interactions", "{file}", *COLUMNS, "--k", "ten"], "--k is 'ten'"),
        (["--interactions", "{file}", *COLUMNS, "--json", "{file}/x"], "cannot be written"),
        # of one time for all, none is earlier than the other
        (["--interactions", "{file}", *COLUMNS[:4], "--time-col", ""], "try another --protocol"),
        # the second file holds nothing that the first does not
        (["--interactions", "{file}", "--test", "{file}", *COLUMNS], "give a test file"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_refused_in_one_sentence(file, words, sentence):
    done = run(*[word.replace("{file}", str(file)) for word in words])
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stdout + done.stderr


def test_help_shows_an_example_that_names_real_options():
    help_text = CliRunner().invoke(app, ["evaluate", "--help"], env={"COLUMNS": "200"}).output
    assert "Example: marquee evaluate --interactions ratings.csv" in help_text
    for option in ("--test", "--protocol", "--seed", "--rating-col", "--k", "--json"):
        assert option in help_text


def test_lengths_are_whole_numbers_above_zero():
    assert lengths("5, 10,20") == [5, 10, 20]
    for bad in ("", "0", "-1", "1.5", "10;20", "10,", "²"):
        with pytest.raises(BadLengths):
            lengths(bad)


def evaluation(**values):
    """An evaluation in which each contender gave each profile what is said."""
    rows = Interactions.of(["a"], ["x"], [1])
    by_name = {
        name: {f"{metric}@10": np.array(own) for metric in ("ndcg", "recall", "precision", "map")}
        for name, own in values.items()
    }
    means = {n: {m: interval(v, 1) for m, v in own.items()} for n, own in by_name.items()}
    return Evaluation(Split(rows, rows, "global-time", "global"), {}, [], means, by_name, 1)


class TestVerdict:
    def test_a_difference_that_holds_for_everyone_is_no_chance(self):
        found = evaluation(popularity=[0.1] * 9, ease=[0.3] * 9, funnel=[0.4] * 9)
        assert verdict(found, "ndcg@10") == (
            "By ndcg@10 the funnel stands 0.1000 above ease, the best of the others "
            "(difference +0.1000 to +0.1000)."
        )

    def test_a_difference_that_some_profiles_turn_may_be_chance(self):
        found = evaluation(ease=[0.5, 0.1] * 5, funnel=[0.1, 0.4] * 5)
        assert "0.0500 below ease" in verdict(found, "ndcg@10")
        assert verdict(found, "ndcg@10").endswith("so it may be chance).")

    def test_without_a_funnel_the_best_is_named(self):
        assert verdict(evaluation(ease=[0.5], popularity=[0.25]), "ndcg@10") == (
            "Best by ndcg@10: ease, 0.5000."
        )


@pytest.mark.parametrize("width", [80, 120])
def test_tables_show_every_name_and_interval_whole(width):
    console = Console(width=width, record=True, file=io.StringIO())
    values = {name: [0.1, 0.2] for name in ("popularity", "transitions", "two_tower", "funnel")}
    show(console, evaluation(**values), [10])
    text = console.export_text()
    for whole in ("popularity", "transitions", "two_tower", "0.1500", ".100 to .200", "map@10"):
        assert whole in text
    assert "…" not in text
    table, _, _ = text.partition("Means over")
    assert max(map(len, table.splitlines())) <= width


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    from jobs.evaluate.commands import _check_writable

    with pytest.raises(UnwritableFigures, match="is a directory"):
        _check_writable(tmp_path)
