"""A night's tables become the live version, with a manifest that says what made it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from jobs.export import lineage
from jobs.export.publish_pages import main
from lakehouse.catalog import (
    PAGES,
    PLAYABLE_TITLES,
    PROFILES,
    TITLE_VECTORS,
    TITLES,
    VERSIONS,
)
from lakehouse.errors import MissingTable
from lakehouse.pins import pin
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from serving_export.manifest import Manifest, manifest_of
from serving_export.reader import Level, Pages
from serving_export.stores.store import open_store
from tests.jobs.export.conftest import fill
from tests.serving_export import made

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa

    from lakehouse.catalog import Table


def live_manifest(lake: Lake) -> Manifest:
    store = open_store(lake.settings.pages)
    live = store.board().live
    assert live is not None
    return manifest_of(store.source(live.version))


def test_a_night_is_published_and_said_in_versions(filled: Lake) -> None:
    main(filled, made.NIGHT)
    answer = Pages.open(filled.settings.pages).get("anna", region="DE")
    assert (answer.level, answer.page.rows[0].title_ids) == (Level.OWN, ("t4", "t5"))
    (row,) = filled.arrow(VERSIONS, made.NIGHT).to_pylist()
    assert row["version"] == answer.page.version
    assert row["stamp"] == answer.page.stamp == live_manifest(filled).stamp
    assert (row["pages"], row["state"], row["night"]) == (3, "live", made.NIGHT)
    assert (filled.settings.at("pages") / "last.page").exists()


def test_a_rerun_changes_nothing(filled: Lake) -> None:
    main(filled, made.NIGHT)
    before = open_store(filled.settings.pages).board(), filled.arrow(VERSIONS).to_pylist()
    main(filled, made.NIGHT)
    assert (open_store(filled.settings.pages).board(), filled.arrow(VERSIONS).to_pylist()) == before


def test_two_runs_in_two_empty_lakes_give_the_same_stamp(tmp_path: Path) -> None:
    stamps = []
    for name in ("one", "other"):
        lake = fill(Lake(Settings(var=str(tmp_path / name))))
        if name == "other":  # another Delta version of the same content
            fill(lake)
        main(lake, made.NIGHT)
        stamps.append(live_manifest(lake))
    assert stamps[0].stamp == stamps[1].stamp
    assert stamps[0].content == stamps[1].content
    assert stamps[0].beside["table_versions"] != stamps[1].beside["table_versions"]


def content(lake: Lake) -> dict[str, Any]:
    tables = lake.arrow(PAGES, made.NIGHT), lake.arrow(TITLES, made.NIGHT)
    return lineage.manifest_of(lake, made.NIGHT, *tables).content


def test_every_part_that_was_not_made_is_named_as_absent(filled: Lake) -> None:
    told = content(filled)
    assert told["index"] is told["gate"] is None
    assert told["models"] == {"two_tower": None, "ranker": None}
    assert told["tables"]["gold.profile_features"] is None
    assert told["tables"]["gold.pages"]["rows"] == 3
    assert told["counts"] == {"pages": 3, "popular_pages": 2, "slots": 6, "titles": 10}
    assert told["checks"] == {}


def test_each_input_changes_the_stamp(filled: Lake, rows: Callable[..., pa.Table]) -> None:
    seen = [content(filled)]

    def differs_in(part: str) -> None:
        seen.append(content(filled))
        differing = {name for name in seen[-1] if seen[-1][name] != seen[-2][name]}
        assert differing == {part}

    filled.write(PROFILES, rows(PROFILES, {"profile_id": "anna"}, night=made.NIGHT), made.NIGHT)
    differs_in("tables")
    index = filled.settings.at("index", made.NIGHT.isoformat(), "meta.json")
    index.parent.mkdir(parents=True)
    index.write_text(json.dumps({"index_hash": "a", "built_at": 1.5, "model": {"model_hash": "b"}}))
    differs_in("index")
    assert seen[-1]["index"] == {"index_hash": "a", "model": {"model_hash": "b"}}
    vectors = {"title_id": "t1", "vector": [1.0], "model_hash": "b"}
    filled.write(TITLE_VECTORS, rows(TITLE_VECTORS, vectors, night=made.NIGHT), made.NIGHT)
    assert content(filled)["models"]["two_tower"] == ["b"]
    gate = filled.settings.at("gate", f"{made.NIGHT.isoformat()}.json")
    gate.parent.mkdir()
    gate.write_text(json.dumps({"passed": True, "models": {"ranker": "c"}, "reasons": []}))
    told = content(filled)
    assert (told["gate"], told["models"]["ranker"]) == ({"passed": True}, "c")


def test_the_seed_and_the_policy_change_the_stamp(filled: Lake) -> None:
    before = content(filled)
    var = filled.settings.var
    assert content(Lake(Settings(var=var, seed=1)))["seed"] != before["seed"]
    stricter = content(Lake(Settings(var=var, missing_attribute="remove")))
    assert stricter["policy"] != before["policy"]


def test_what_plays_is_of_the_manifest_where_pages_show_nothing_else(
    filled: Lake, rows: Callable[..., pa.Table]
) -> None:
    """As the pages read it: a title that was withdrawn since is told by the next night."""

    def list_titles(*titles: str) -> None:
        playing = rows(PLAYABLE_TITLES, *({"title_id": title} for title in titles))
        filled.write(PLAYABLE_TITLES, playing, made.NIGHT)

    def told(lake: Lake) -> tuple[Any, Any]:
        tables = lake.arrow(PAGES, made.NIGHT), lake.arrow(TITLES, made.NIGHT)
        manifest = lineage.manifest_of(lake, made.NIGHT, *tables)
        name = PLAYABLE_TITLES.name
        return manifest.content["tables"].get(name), manifest.beside["table_versions"].get(name)

    strict = Lake(Settings(var=filled.settings.var, unplayable="remove"))
    assert told(strict) == (None, None)
    list_titles("t1", "t2")
    pin(strict, PLAYABLE_TITLES, made.NIGHT, 0)
    before = told(strict)
    assert (before[0]["rows"], before[1]) == (2, 0)
    list_titles("t1")
    assert told(strict) == before
    pin(strict, PLAYABLE_TITLES, made.NIGHT, 1)
    assert told(strict)[0] != before[0]
    assert told(filled) == (None, None)
    assert content(strict)["policy"] != content(filled)["policy"]


def test_the_verdicts_of_checks_are_content_but_not_that_of_versions(filled: Lake) -> None:
    # VERSIONS is checked behind this job: a rerun must not get another stamp for it
    from expectations.results import TableResult, write

    night = made.NIGHT.isoformat()
    for table in ("gold.pages", "gold.versions"):
        write(filled.settings, made.NIGHT, TableResult(table, night, "memory", 3, 1, 0.25, []))
    assert content(filled)["checks"] == {"gold.pages": "passed"}


def test_pages_of_an_older_night_are_not_published_under_a_newer_name(filled: Lake) -> None:
    with pytest.raises(MissingTable, match=r"gold\.pages holds nothing for 2026-01-11"):
        main(filled, made.NIGHT + timedelta(days=1))


def test_code_outside_of_git_is_named_by_its_release(tmp_path: Path) -> None:
    assert lineage.code(tmp_path).startswith("marquee ")


def test_only_what_is_declared_is_read(filled: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    # the timetable in dags/ names these; the wiring test compares the two
    read: set[str] = set()
    real = Lake.arrow

    def noted(self: Lake, table: Table, *given: Any, **named: Any) -> pa.Table:
        read.add(table.name)
        return real(self, table, *given, **named)

    monkeypatch.setattr(Lake, "arrow", noted)
    main(filled, made.NIGHT)
    assert read == {table.name for table in (PAGES, TITLES, *lineage.INPUTS)}
