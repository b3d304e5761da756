"""Each suite lets sound rows pass and names each fault that it is there to find."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from expectations import documents
from expectations.batch import MOST_CELLS_IN_MEMORY
from expectations.check import check, check_table
from expectations.suites import SUITES
from lakehouse import catalog
from lakehouse.catalog import TABLES, Table
from lakehouse.pins import pin
from lakehouse.tables import Lake
from tests.conftest import NIGHT
from tests.expectations.conftest import (
    AT,
    EVENT,
    EXAMPLE,
    PLAYABLE,
    PROFILE_FEATURE,
    SHELF,
    SOUND,
    Row,
)

if TYPE_CHECKING:
    from expectations.results import TableResult
    from tests.conftest import Rows
    from tests.expectations.conftest import Plant

    Planted = dict[Table, list[Row]]


def test_every_table_has_its_suite() -> None:
    assert set(SUITES) == {table.name for table in TABLES}


@pytest.mark.parametrize("name", sorted(SUITES))
def test_a_sentence_names_one_expectation(name: str) -> None:
    """Results are found by their sentence, so a second one of the same words would hide."""
    said = [expectation.description for expectation in SUITES[name].expectations]
    assert None not in said
    assert len(set(said)) == len(said)


def test_sound_rows_pass_everywhere(lake: Lake, plant: Plant) -> None:
    plant()
    verdicts = {result.table: result.verdict for result in check(lake, list(TABLES), NIGHT)}
    assert verdicts == dict.fromkeys(SUITES, "passed")


def first(table: Table, **change: Any) -> Row:
    """The first sound row of a table with something changed."""
    return SOUND[table.name][0] | change


def page(**change: Any) -> list[Row]:
    """The page of nobody and one of p1 whose only row has something changed."""
    return [SOUND["gold.pages"][0], {"profile_id": "p1", "region": "", "popular": False,
             "rows": [SHELF | change]}]  # fmt: skip


SLOTS = {"source_bits": [1, 1], "propensities": [1.0, 1.0]}
LANDED_LINE = first(catalog.LANDED)
PROFILE = first(catalog.PROFILES)
TITLE = first(catalog.TITLES)
TITLE_FEATURES = first(catalog.TITLE_FEATURES)

CRITICAL: list[tuple[Table, list[Row], str]] = [
    (catalog.LANDED, [LANDED_LINE, LANDED_LINE], "No two rows share file_hash and line"),
    (catalog.LANDED, [first(catalog.LANDED, file_hash=None)], "Every row has its file_hash"),
    (catalog.LANDED, [first(catalog.LANDED, raw=None)], "A landed line has its text"),
    (catalog.EVENTS, [EVENT | {"type": "watched"}], "is one of the vocabulary"),
    (catalog.EVENTS, [EVENT | {"type": None}], "An event has a type"),
    (catalog.EVENTS, [EVENT, EVENT], "No two rows share event_id"),
    (catalog.EVENTS, [EVENT | {"event_id": None}], "Every row has its event_id"),
    # the empty profile is the popular page's: an event of it would be everybody's
    (catalog.EVENTS, [EVENT | {"profile_id": ""}], "A profile has a name"),
    (catalog.EVENTS, [EVENT | {"title_id": None}], "Every event but a search names its title"),
    (
        catalog.EVENTS,  # a clock five minutes and a second fast is one of the future
        [EVENT | {"event_time": AT + timedelta(seconds=301)}],
        "No event happens more than five minutes after it was known",
    ),
    (catalog.EVENTS, [EVENT | {"seconds": -1.0}], "Seconds watched are not negative"),
    # pandas takes NaN for a null, which no range would find
    (catalog.EVENTS, [EVENT | {"seconds": float("nan")}], "No number is NaN or infinite"),
    (catalog.EVENTS, [EVENT | {"shown_slot": -1}], "A slot shown is not negative"),
    (catalog.REJECTED_EVENTS, [first(catalog.REJECTED_EVENTS, reason=None)], "has its reason"),
    (
        catalog.EVENT_COUNTS,  # 20 in, 2 + 1 + 16 out: one line is lost
        [first(catalog.EVENT_COUNTS, duplicates=16)],
        "Every landed line is an event, a reject or a duplicate",
    ),
    (
        catalog.EVENT_COUNTS,  # adds up, but the table of events holds two
        [first(catalog.EVENT_COUNTS, events=3, duplicates=16)],
        "silver.events holds the events that were counted",
    ),
    (catalog.TITLES, [TITLE, TITLE], "No two rows share title_id"),
    (catalog.TITLES, [TITLE | {"genres": ["Comedy", ""]}], "No genre is an empty word"),
    (
        catalog.TITLES,
        [TITLE | {"available_from": AT, "available_until": AT}],
        "No title ends being available before it begins",
    ),
    (catalog.PROFILES, [PROFILE | {"profile_id": ""}], "A profile's id is not the empty text"),
    (
        catalog.PROFILE_FEATURES,
        [PROFILE_FEATURE | {"genre_affinities": [("Comedy", 0.5), ("Drama", 0.6)]}],
        "genre shares add up to one",
    ),
    (
        catalog.PROFILE_FEATURES,  # 7 days hold 3 plays, 30 days hold 2
        [PROFILE_FEATURE | {"plays_7d": 3.0}],
        "A longer window holds at least what a shorter one does",
    ),
    (catalog.PROFILE_FEATURES, [PROFILE_FEATURE | {"like_share": 1.5}], "like_share is 0 to 1"),
    (catalog.PROFILE_FEATURES, [PROFILE_FEATURE | {"plays_7d": None}], "plays_7d is filled"),
    (catalog.TITLE_FEATURES, [TITLE_FEATURES | {"title_plays_1d": -1.0}], "0 or more"),
    (
        catalog.TITLE_FEATURES,
        [TITLE_FEATURES | {"title_trend": float("inf")}],
        "No number is NaN or infinite",
    ),
    (
        catalog.CO_WATCHES,
        [first(catalog.CO_WATCHES, other_title_id="t1")],
        "No title is paired with itself",
    ),
    (catalog.TRANSITIONS, [first(catalog.TRANSITIONS, score=-1.0)], "is not negative"),
    (catalog.TRAINING_EXAMPLES, [EXAMPLE], "Both outcomes are there"),
    (catalog.TRAINING_EXAMPLES, [], "The night holds rows"),
    (
        catalog.TRAINING_EXAMPLES,
        [EXAMPLE, EXAMPLE | {"title_id": "t2", "origin": "watched", "watched": False}],
        "A label agrees with its origin",
    ),
    (
        catalog.TRAINING_EXAMPLES,
        [EXAMPLE, EXAMPLE | {"title_id": "t2", "origin": "sampled", "watched": False}],
        "What was not watched was not completed",
    ),
    (
        catalog.TRAINING_EXAMPLES,  # noon of the next day: the future got into training
        [*SOUND["gold.training_examples"], EXAMPLE | {"at": AT + timedelta(days=1)}],
        "No label is from after the night",
    ),
    (
        catalog.TRAINING_EXAMPLES,
        [*SOUND["gold.training_examples"], EXAMPLE],
        "No two rows share profile_id and title_id and at",
    ),
    (
        catalog.TITLE_VECTORS,
        [first(catalog.TITLE_VECTORS, vector=[0.6, 0.6])],
        "A vector has length one",
    ),
    (
        catalog.TITLE_VECTORS,
        [first(catalog.TITLE_VECTORS), {"title_id": "t2", "vector": [1.0], "model_hash": "m"}],
        "All vectors have the same number of dimensions",
    ),
    (
        catalog.TITLE_VECTORS,
        [first(catalog.TITLE_VECTORS), first(catalog.TITLE_VECTORS, title_id="t2", model_hash="n")],
        "All vectors of a night come from one model",
    ),
    (catalog.PAGES, page(title_ids=["t1", "t1"], **SLOTS), "A title appears once on a page"),
    (catalog.PAGES, page(title_ids=["t1", "t99"], **SLOTS), "one of the night's catalogue"),
    (catalog.PAGES, page(title_ids=[], source_bits=[], propensities=[]), "No row is empty"),
    (catalog.PAGES, [*page()[:1], page()[1] | {"rows": []}], "Every page has a row"),
    (catalog.PAGES, page(propensities=[1.0] * 9 + [0.0]), "Every propensity is above 0"),
    (catalog.PAGES, page(propensities=[1.0] * 9 + [1.1]), "No propensity is above 1"),
    (catalog.PAGES, page(propensities=[1.0] * 9), "Every slot has its source bits"),
    (catalog.PAGES, page(source="guesswork"), "Every row is of a declared algorithm"),
    (catalog.PAGES, page()[1:], "There is a page for whoever has none"),
    (
        catalog.FILTER_COUNTS,
        [first(catalog.FILTER_COUNTS, removed=980)],
        "A filter leaves more than 3 in 100",
    ),
    (
        catalog.SOURCE_COUNTS,
        [first(catalog.SOURCE_COUNTS, only_here=10)],
        "What a source alone found, it found",
    ),
    (
        catalog.SOURCE_COUNTS,
        [first(catalog.SOURCE_COUNTS, source="guess")],
        "one of those declared",
    ),
    (catalog.VERSIONS, [first(catalog.VERSIONS, stamp="00")], "A stamp is 16 bytes"),
    (catalog.VERSIONS, [first(catalog.VERSIONS, pages=0)], "A version holds pages"),
]
WARNING: list[tuple[Table, list[Row], str]] = [
    (catalog.EVENTS, [EVENT | {"type": "impression"}, EVENT | {"event_id": "e2"}], "impression"),
    (catalog.TITLES, [TITLE | {"name": None}], "A title has a name"),
    (catalog.TITLES, [TITLE | {"year": 19}], "A title's year lies between"),
    (
        catalog.PROFILE_FEATURES,
        [PROFILE_FEATURE | {"profile_id": "gone"}],
        "a profile of the night",
    ),
    (catalog.CO_WATCHES, [], "The night holds rows"),
    (catalog.PAGES, page(title_ids=["t1", "t2"], **SLOTS), "A page has ten titles"),
    (catalog.FILTER_COUNTS, [first(catalog.FILTER_COUNTS, removed=900)], "leaves one in five"),
    (catalog.SOURCE_COUNTS, [first(catalog.SOURCE_COUNTS, candidates=0, only_here=0)], "found"),
]


def judged(
    lake: Lake, plant: Plant, table: Table, planted: list[Row], others: Planted | None = None
) -> TableResult:
    """What a check says of a table that holds these rows."""
    plant({table: planted, **(others or {})})
    return checked(lake, table)


def checked(lake: Lake, table: Table) -> TableResult:
    """What a check says of a table, without the pages that it would write."""
    context = documents.context_of(lake.settings)
    return check_table(context, lake, SUITES[table.name], NIGHT, MOST_CELLS_IN_MEMORY)


@pytest.mark.parametrize(("table", "planted", "sentence"), CRITICAL)
def test_a_fault_stops_the_chain(
    lake: Lake, plant: Plant, table: Table, planted: list[Row], sentence: str
) -> None:
    result = judged(lake, plant, table, planted)
    assert result.verdict == "failed"
    assert any(sentence in outcome.says for outcome in result.failed)


@pytest.mark.parametrize(("table", "planted", "sentence"), WARNING)
def test_an_oddity_warns_and_goes_on(
    lake: Lake, plant: Plant, table: Table, planted: list[Row], sentence: str
) -> None:
    result = judged(lake, plant, table, planted)
    assert result.verdict == "warned"
    assert any(sentence in outcome.says for outcome in result.warned)


@pytest.mark.parametrize(("setting", "verdict"), [("allow", "passed"), ("remove", "failed")])
def test_a_title_that_does_not_play_is_a_fault_where_no_such_title_may_be_shown(
    lake: Lake, plant: Plant, setting: str, verdict: str
) -> None:
    """Pages show t1 to t10; t9 was withdrawn."""
    playing = [PLAYABLE | {"title_id": f"t{n}"} for n in range(1, 11) if n != 9]
    strict = Lake(replace(lake.settings, unplayable=setting))
    result = judged(
        strict, plant, catalog.PAGES, SOUND["gold.pages"], {catalog.PLAYABLE_TITLES: playing}
    )
    assert result.verdict == verdict
    assert [outcome.says for outcome in result.failed] == (
        ["Every title shown plays, where no other may be shown."] if verdict == "failed" else []
    )


def test_pages_are_checked_by_the_list_that_they_were_made_by(
    lake: Lake, plant: Plant, rows: Rows
) -> None:
    """A title withdrawn between pages and check is the next night's: else no night were published."""
    playing = [PLAYABLE | {"title_id": f"t{n}"} for n in range(1, 11)]
    strict = Lake(replace(lake.settings, unplayable="remove"))
    plant({catalog.PLAYABLE_TITLES: playing})
    pin(lake, catalog.PLAYABLE_TITLES, NIGHT, 0)
    lake.write(catalog.PLAYABLE_TITLES, rows(catalog.PLAYABLE_TITLES, *playing[:5]), NIGHT)
    assert checked(strict, catalog.PAGES).verdict == "passed"


def test_a_share_of_few_candidates_says_nothing(lake: Lake, plant: Plant) -> None:
    """A cut of the data with 999 candidates, all watched: that is no broken filter."""
    plant({catalog.FILTER_COUNTS: [{"filter": "watched", "candidates": 999, "removed": 999}]})
    assert check(lake, [catalog.FILTER_COUNTS], NIGHT)[0].verdict == "passed"


def test_many_rejects_warn(lake: Lake, plant: Plant) -> None:
    """One line in four is broken: the log has most likely changed its form."""
    counts = first(catalog.EVENT_COUNTS, landed=4, duplicates=1)
    plant({catalog.EVENT_COUNTS: [counts], catalog.LANDED: SOUND["bronze.landed"][:4]})
    (result,) = check(lake, [catalog.EVENT_COUNTS], NIGHT)
    assert [o.says for o in result.warned] == ["At most one landed line in twenty is rejected."]
