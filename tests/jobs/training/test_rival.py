"""The live model is fitted again as it was made: its recipe, its inputs, on tonight's rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jobs.training import rival
from jobs.training.rival import Rival, code_hash, made_of, only, refitted
from models.gate import refused
from models.ranker.encoding import USED, Encoding
from models.ranker.examples import Rows
from models.ranker.fit import fit
from models.ranker.network import Recipe

RECIPE, SEED = Recipe(hidden=4, epochs=2), 1
LISTS, WIDTH = 30, 10


@pytest.fixture
def rows() -> Rows:
    """Lists in which two scores share what decides watching."""
    draws = np.random.default_rng(2)
    count = LISTS * WIDTH
    columns: dict[str, np.ndarray] = {
        feature.name: draws.choice(["young", "old"], count)
        if feature.kind == "category"
        else draws.random(count).astype(np.float32)
        for feature in USED
    }
    for name in ("near", "far"):
        columns[name] = draws.normal(0, 1, count).astype(np.float32)
    watched = (columns["near"] + columns["far"] > 1).astype(np.float32)
    unknown = np.full(count, np.nan, np.float32)
    lists = np.repeat(np.arange(LISTS), WIDTH)
    outcomes = {"watched": watched, "completed": unknown, "liked": unknown}
    return Rows(columns, outcomes, lists, lists.astype(np.int32))


def names(ranker):
    encoding = ranker.encoding
    return {one.name for one in (*encoding.numbers, *encoding.categories)}


def test_all_equal_gives_the_same_model_bit_for_bit(rows):
    # which is why its values may be taken without fitting it
    live = fit(rows, ["near", "far"], RECIPE, SEED)
    again, lost = refitted(live, rows, rows, SEED)
    assert lost == ()
    assert all(np.array_equal(live.layers[name], again.layers[name]) for name in live.layers)


def test_it_is_calibrated_on_the_window_that_tonights_is_calibrated_on(rows):
    # heads are combined by their chances: another line for one of them is another order of titles
    rare = np.random.default_rng(3).random(len(rows)) < 0.5
    watched = np.where(rare, rows.outcomes["watched"], 0).astype(np.float32)
    window = replace(rows, outcomes={**rows.outcomes, "watched": watched})
    live = fit(rows, ["near", "far"], RECIPE, SEED, window)
    again, _ = refitted(live, rows, window, SEED)
    assert again.lines == live.lines
    assert refitted(live, rows, rows, SEED)[0].lines != live.lines


def test_the_live_model_sees_its_own_inputs_and_no_newer_ones(rows):
    old = only(rows, set(rows.columns) - {"far", "age_band"})
    live = fit(old, ["near", "far"], RECIPE, SEED)
    assert names(live) == set(rows.columns) - {"far", "age_band"}
    again, _ = refitted(live, rows, rows, SEED)
    assert names(again) == names(live)
    assert again.facts["recipe"] == RECIPE.to_json()


def test_an_input_that_is_gone_is_done_without_and_named(rows):
    live = fit(rows, ["near", "far"], RECIPE, SEED)
    left = {name: values for name, values in rows.columns.items() if name != "far"}
    without = replace(rows, columns=left)
    again, lost = refitted(live, without, without, SEED)
    assert lost == ("far",)
    assert "far" not in names(again)
    told = Rival(np.zeros(3), lost).told(refused(["Why."]))
    assert told.reasons == ("Why.", "The live model had to do without far, which is gone.")
    assert not told.passed
    assert Rival(None).told(refused(["Why."])).reasons == ("Why.",)


def test_a_recipe_of_other_days_is_read_as_far_as_it_is_known(rows):
    live = fit(rows, ["near", "far"], RECIPE, SEED)
    said = {**RECIPE.to_json(), "dropout": 0.5}
    del said["decay"]
    again, _ = refitted(replace(live, facts={**live.facts, "recipe": said}), rows, rows, SEED)
    assert again.facts["recipe"] == {**RECIPE.to_json(), "decay": Recipe().decay}


def test_hidden_columns_are_no_inputs(rows):
    encoding = Encoding.of(only(rows, {"near"}).columns, ["near", "far"])
    assert [one.name for one in encoding.numbers] == ["near"]
    assert encoding.categories == []


def test_recipe_inputs_and_code_each_make_another_model(tmp_path, monkeypatch):
    same = made_of(RECIPE, ["near"])
    assert made_of(RECIPE, ["near"]) == same
    assert made_of(replace(RECIPE, epochs=3), ["near"]) != same
    assert made_of(RECIPE, ["near", "far"]) != same
    for folder in rival.CODE:
        (tmp_path / folder).mkdir(parents=True)
    source = tmp_path / rival.CODE[0] / "declared.py"
    source.write_text("WINDOW = 7")
    monkeypatch.setattr(rival, "ROOT", tmp_path)
    before = code_hash()
    source.write_text("WINDOW = 30")
    assert code_hash() != before != same["code"]
    source.rename(source.with_name("windows.py"))
    source.with_name("windows.py").write_text("WINDOW = 7")
    assert code_hash() != before
