"""Importers say only what a file says, and set aside what they cannot read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from jobs.__main__ import app
from jobs.events.attributes import land_profiles, land_titles
from jobs.events.interactions import (
    Columns,
    MissingColumn,
    UnreadableFile,
    land_interactions,
)

if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.settings import Settings

COLUMNS = Columns("who", "what", "at", "stars")


def read(file: Path | None) -> list[dict[str, Any]]:
    assert file is not None
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_rating_is_a_complete_and_a_like_or_dislike(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "plays.csv"
    file.write_text("who,what,at,stars\n1,a,881250949,5\n1,b,881250949,3\n1,c,881250949,1\n")
    landed = read(land_interactions(settings, file, COLUMNS).file)
    assert sorted((e["title_id"], e["type"]) for e in landed) == [
        ("a", "complete"), ("a", "like"), ("b", "complete"), ("c", "complete"), ("c", "dislike"),
    ]  # fmt: skip
    assert {e["event_time"] for e in landed} == {"1997-12-04T15:55:49.000000Z"}
    assert all(e["known_time"] == e["event_time"] for e in landed)


@pytest.mark.parametrize(
    "time", ["1767322000", "1767322000000", "2026-01-02T02:46:40Z", "2026-01-02 03:46:40+01"]
)
def test_times_of_any_common_kind_are_one_instant(
    settings: Settings, tmp_path: Path, time: str
) -> None:
    file = tmp_path / "plays.csv"
    file.write_text(f"who,what,at,stars\n1,a,{time},\n")
    (event,) = read(land_interactions(settings, file, COLUMNS).file)
    assert event["event_time"] == "2026-01-02T02:46:40.000000Z"


def test_a_parquet_file_of_numbers_gives_the_ids_of_a_csv(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "plays.parquet"
    seconds = pa.array([881250949], pa.int64())
    pq.write_table(pa.table({"who": pa.array([7]), "what": pa.array([42]), "at": seconds}), file)
    (event,) = read(land_interactions(settings, file, Columns("who", "what", "at")).file)
    assert (event["profile_id"], event["title_id"]) == ("7", "42")
    assert event["event_time"] == "1997-12-04T15:55:49.000000Z"
    # and so with a typed time
    pq.write_table(
        pa.table({"who": ["7"], "what": ["42"], "at": seconds.cast(pa.timestamp("s", "UTC"))}), file
    )
    assert read(land_interactions(settings, file, Columns("who", "what", "at")).file) == [event]


def test_a_column_may_say_when_a_row_was_known(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "plays.csv"
    file.write_text("who,what,at,told\n1,a,881250949,881337349\n")
    columns = Columns("who", "what", "at", known="told")
    (event,) = read(land_interactions(settings, file, columns).file)
    assert event["event_time"] == "1997-12-04T15:55:49.000000Z"
    assert event["known_time"] == "1997-12-05T15:55:49.000000Z"


def test_the_command_takes_names_and_thresholds_as_options(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARQUEE_VAR", settings.var)
    file = tmp_path / "plays.csv"
    file.write_text("who,what,at,stars\n1,a,881250949,9\n1,b,881250949,7\n")
    done = CliRunner().invoke(app, [
        "import-interactions", str(file), "--profile-col", "who", "--title-col", "what",
        "--time-col", "at", "--rating-col", "stars", "--event", "play", "--like-from", "8",
        "--dislike-to", "7",
    ])  # fmt: skip
    assert done.exit_code == 0, done.output
    (landed,) = settings.at("landing", "events").glob("*.jsonl")
    assert sorted((e["title_id"], e["type"]) for e in read(landed)) == [
        ("a", "like"), ("a", "play"), ("b", "dislike"), ("b", "play"),
    ]  # fmt: skip


def test_rows_that_cannot_be_read_are_set_aside(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "plays.csv"
    file.write_text("who,what,at,stars\n,a,1,\n1,,1,\n1,a,soon,\n1,a,1,\n")
    imported = land_interactions(settings, file, COLUMNS)
    assert (imported.rows, imported.refused) == (1, 3)
    reasons = [row["reason"] for row in read(imported.refused_file)]
    assert sorted(reasons) == ["no profile", "no title", "the time cannot be read"]


def test_the_same_file_lands_in_the_same_place(settings: Settings, tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "renamed.csv"
    for file in (first, second):
        file.write_text("who,what,at,stars\n1,a,1,\n")
    assert (
        land_interactions(settings, first, COLUMNS).file
        == land_interactions(settings, second, COLUMNS).file
    )


def test_a_file_that_is_none_is_refused_in_a_sentence(settings: Settings, tmp_path: Path) -> None:
    parquet = tmp_path / "x.parquet"
    parquet.write_bytes(b"not parquet")
    with pytest.raises(UnreadableFile, match="cannot be imported, because"):
        land_interactions(settings, parquet, COLUMNS)
    with pytest.raises(UnreadableFile, match="it is not there"):
        land_interactions(settings, tmp_path / "absent.csv", COLUMNS)
    other = tmp_path / "x.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(MissingColumn, match="has no column 'who'"):
        land_interactions(settings, other, COLUMNS)


def test_a_catalogue_is_typed_and_its_lists_split(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "catalogue.jsonl"
    # 7 and "7" are one id; genres come as a list or as text
    file.write_text(
        '{"title_id": 7, "genres": ["Children\'s", "Drama"], "year": "1999"}\n'
        '{"title_id": "8", "genres": "Drama|War"}\n'
        '{"title_id": 9, "year": "soon"}\n'
    )
    imported = land_titles(settings, file)
    landed = read(imported.file)
    assert [row["title_id"] for row in landed] == ["7", "8"]
    assert [row["genres"] for row in landed] == [["Children's", "Drama"], ["Drama", "War"]]
    assert read(imported.refused_file)[0]["reason"] == "year is not INT"


def test_all_that_may_be_said_of_titles_and_profiles_is_kept(
    settings: Settings, tmp_path: Path
) -> None:
    titles, profiles = tmp_path / "titles.csv", tmp_path / "profiles.csv"
    titles.write_text(
        "title_id,name,kind,year,genres,runtime_seconds,maturity,regions,available_from,"
        'available_until,franchise\n1,Alien,film,1979,Horror|Sci-Fi,7020,16,"DE,FR",'
        "2026-01-01T00:00:00Z,2027-01-01T00:00:00Z,alien\n2,,,,,,,,,,\n"
    )
    full, bare = read(land_titles(settings, titles).file)
    assert full == {
        "title_id": "1", "name": "Alien", "kind": "film", "year": 1979,
        "genres": ["Horror", "Sci-Fi"], "runtime_seconds": 7020, "maturity": 16,
        "regions": ["DE", "FR"], "available_from": "2026-01-01 00:00:00+00",
        "available_until": "2027-01-01 00:00:00+00", "franchise": "alien",
    }  # fmt: skip
    assert {name for name, value in bare.items() if value is not None} == {"title_id"}
    profiles.write_text(
        "profile_id,region,maturity_limit,age_band,gender,occupation\n1,DE,12,under-18,F,student\n"
    )
    assert read(land_profiles(settings, profiles).file) == [
        {"profile_id": "1", "region": "DE", "maturity_limit": 12, "age_band": "under-18",
         "gender": "F", "occupation": "student"},
    ]  # fmt: skip


def test_a_later_catalogue_lands_behind_the_first(settings: Settings, tmp_path: Path) -> None:
    first, second = tmp_path / "z.csv", tmp_path / "a.csv"
    first.write_text("title_id,name\n1,old\n")
    second.write_text("title_id,name\n1,new\n")
    names = [land_titles(settings, file).file.name for file in (first, second, second)]
    assert names[0] < names[1] == names[2]
