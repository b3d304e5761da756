"""The jobs write what their night could know, and the same again when run again."""

from __future__ import annotations

import functools
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from features import buckets
from jobs.features import build_examples, build_features, build_title_pairs
from jobs.features.build_examples import examples_of
from jobs.features.build_title_pairs import PAIRS_A_TITLE, best_pairs
from lakehouse.catalog import (
    CO_WATCHES,
    EVENTS,
    PROFILE_FEATURES,
    PROFILES,
    TITLE_FEATURES,
    TITLES,
    TRAINING_EXAMPLES,
    TRANSITIONS,
    Table,
)
from tests.features.log import CATALOGUE, HERE, MEMBERS, random_log

if TYPE_CHECKING:
    import pyarrow as pa

    from lakehouse.tables import Lake

NIGHT = date(2026, 2, 10)


@pytest.fixture
def filled(lake: Lake) -> Lake:
    """A lake whose log goes on after the night."""
    fill(lake, random_log(31, 600))
    return lake


def fill(lake: Lake, log: pa.Table) -> None:
    lake.write_nights(EVENTS, log, sorted(set(log["night"].to_pylist())) or [NIGHT])
    lake.write(TITLES, CATALOGUE, NIGHT)
    lake.write(PROFILES, MEMBERS, NIGHT)


def written(lake: Lake, table: Table) -> pa.Table:
    return lake.arrow(table, NIGHT).sort_by([(key, "ascending") for key in table.one_row_per])


def test_features_have_a_row_for_everyone_and_everything(filled: Lake) -> None:
    build_features.main(filled, NIGHT)
    assert written(filled, PROFILE_FEATURES)["profile_id"].to_pylist() == sorted(
        MEMBERS["profile_id"].to_pylist()
    )
    assert len(written(filled, TITLE_FEATURES)) == len(CATALOGUE)


def test_pairs_are_the_strongest_of_each_title() -> None:
    from scipy.sparse import csr_matrix

    scores = np.zeros((2, 130))
    scores[0] = np.arange(130) // 2  # every score twice: the smaller title first
    pairs = best_pairs(csr_matrix(scores), [f"t{n:03}" for n in range(130)], "next_title_id")
    assert len(pairs) == PAIRS_A_TITLE
    assert pairs["next_title_id"].to_pylist()[:3] == ["t128", "t129", "t126"]
    assert pairs["score"].to_pylist()[:3] == [64, 64, 63]


@pytest.mark.parametrize(
    ("job", "tables"),
    [
        (build_features, (PROFILE_FEATURES, TITLE_FEATURES)),
        (build_title_pairs, (CO_WATCHES, TRANSITIONS)),
    ],
)
def test_a_rerun_changes_nothing(filled: Lake, job: object, tables: tuple[Table, ...]) -> None:
    job.main(filled, NIGHT)  # type: ignore[attr-defined]
    first = [written(filled, table) for table in tables]
    assert all(len(one) for one in first)
    job.main(filled, NIGHT)  # type: ignore[attr-defined]
    assert [written(filled, table) for table in tables] == first


def test_examples_are_one_row_per_key_and_all_of_the_night(filled: Lake) -> None:
    rows = examples_of(filled, NIGHT, HERE)
    filled.write(TRAINING_EXAMPLES, rows, NIGHT)
    keys = rows.select(TRAINING_EXAMPLES.one_row_per).to_pylist()
    assert (
        len({tuple(one.values()) for one in keys})
        == len(keys)
        == len(written(filled, TRAINING_EXAMPLES))
    )
    assert max(one["at"] for one in keys).date() <= NIGHT
    assert set(rows["origin"].to_pylist()) == {"watched", "sampled", "shown"}


def test_training_days_bound_the_labels(filled: Lake) -> None:
    from dataclasses import replace

    whole = examples_of(filled, NIGHT, HERE)
    filled.settings = replace(filled.settings, training_days=10)
    short = examples_of(filled, NIGHT, HERE)
    first = min(short["at"].to_pylist()).date()
    assert first == date(2026, 2, 1)
    # what is left is what it was: a shorter window forgets labels, not what they know
    left = whole.filter([at.date() >= first for at in whole["at"].to_pylist()])
    assert short.to_pylist() == left.to_pylist()


def test_a_night_without_any_event_is_valid(lake: Lake) -> None:
    fill(lake, random_log(1, 0))
    for job in (build_title_pairs, build_features):
        job.main(lake, NIGHT)
    rows = examples_of(lake, NIGHT, HERE)
    lake.write(TRAINING_EXAMPLES, rows, NIGHT)
    assert len(rows) == 0
    assert lake.exists(CO_WATCHES)
    assert len(written(lake, PROFILE_FEATURES)) == len(MEMBERS)


@pytest.mark.slow
def test_spark_gives_what_one_core_gives(filled: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    from features import offline

    alone = examples_of(filled, NIGHT, HERE)
    build_examples.main(filled, NIGHT)
    by_key = [(key, "ascending") for key in TRAINING_EXAMPLES.one_row_per]
    assert (
        written(filled, TRAINING_EXAMPLES)
        .drop_columns("night")
        .select(alone.column_names)
        .to_pylist()
        == alone.sort_by(by_key).to_pylist()
    )
    monkeypatch.setattr(offline, "ROWS_A_BUCKET", 200)
    many = examples_of(filled, NIGHT, functools.partial(buckets.run, filled.spark))
    assert many.to_pylist() == alone.to_pylist()
    assert not list(filled.settings.at("scratch").iterdir())
