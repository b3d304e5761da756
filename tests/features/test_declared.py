"""The declarations, the catalog and the dictionary say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.declared import FEATURES, PROFILE, TITLE, Feature, Windowed
from features.dictionary import page
from lakehouse.catalog import PROFILE_FEATURES, TITLE_FEATURES, TRAINING_EXAMPLES, Table

KEYS = {
    PROFILE_FEATURES.name: {"profile_id": "STRING"},
    TITLE_FEATURES.name: {"title_id": "STRING"},
    TRAINING_EXAMPLES.name: {
        "profile_id": "STRING", "title_id": "STRING", "at": "TIMESTAMP", "origin": "STRING",
        "watched": "BOOLEAN", "completed": "BOOLEAN", "liked": "BOOLEAN",
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "features"),
    [(PROFILE_FEATURES, PROFILE), (TITLE_FEATURES, TITLE), (TRAINING_EXAMPLES, FEATURES)],
    ids=lambda one: one.name if isinstance(one, Table) else "",
)
def test_a_table_holds_its_keys_and_the_declared_features_and_nothing_else(
    table: Table, features: tuple[Feature, ...]
) -> None:
    named = {one.name: one.sql_type for one in features}
    assert table.column_types == {**KEYS[table.name], **named, "night": "DATE"}


def test_no_two_features_share_a_name() -> None:
    assert len({one.name for one in FEATURES}) == len(FEATURES)


def test_a_number_has_a_value_where_there_is_none() -> None:
    # a null among numbers would be something else to every model that meets it
    assert all(isinstance(one.when_absent, float) for one in FEATURES if one.kind == "number")


def test_every_word_of_a_value_is_a_total_of_its_own() -> None:
    # totals are put in by name: one that the value does not say would be counted for nothing
    for one in FEATURES:
        if isinstance(one.made, Windowed):
            assert all(word in one.made.value for word in one.made.totals), one.name


def test_the_dictionary_is_current() -> None:
    written = Path(__file__).resolve().parents[2] / "docs" / "features.md"
    assert written.read_text() == page(), "run python -m features.dictionary > docs/features.md"
