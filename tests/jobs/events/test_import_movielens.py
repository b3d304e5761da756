"""MovieLens is landed as its package says it, and only where nothing else has landed.

The package here is a made one that pip fetches from a folder; its lines are made in the form of the
real one's, of which a line may never be copied.
"""

from __future__ import annotations

import json
import zipfile
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from jobs.__main__ import app
from jobs.events import import_movielens
from jobs.events.import_movielens import LICENCE, NoData, main
from jobs.night.choose import land_something

if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.settings import Settings
    from lakehouse.tables import Lake

WHEEL = "recbole-1.2.1-py3-none-any.whl"
INTER = ("user_id:token", "item_id:token", "rating:float", "timestamp:float")
ITEM = ("item_id:token", "movie_title:token_seq", "release_year:token", "class:token_seq")
USER = ("user_id:token", "age:token", "gender:token", "occupation:token", "zip_code:token")
PARTS = {
    "inter": [
        INTER,
        ("1", "10", "5", "881250949"),  # 1997-12-04
        ("1", "11", "4", "881250949"),  # 4 still is a like
        ("2", "10", "3", "881340000"),  # neither
        ("2", "12", "2", "881430000"),  # 2 already is a dislike
        ("2", "13", "1", "881430000"),
    ],
    "item": [
        ITEM,
        ("10", 'The "Quoted" Story, Part 2', "1995", "Animation Children's Comedy"),
        ("11", "Nothing Known", "unkonwn", "unknown"),
        ("12", "Year of a Letter", "V", "Drama"),
        ("13", "Café", "1971", "Film-Noir Sci-Fi"),
    ],
    "user": [
        USER,
        *(
            (str(place), age, "F", "writer", "00000")
            for place, age in enumerate(
                ("7", "17", "18", "24", "25", "34", "35", "44", "45", "54", "55", "99"), 1
            )
        ),
    ],
}


def make_wheel(folder: Path, parts: dict[str, list[tuple[str, ...]]]) -> Path:
    """A wheel that pip takes for the package, with these lines in the place of the data."""
    folder.mkdir(parents=True, exist_ok=True)
    about = "recbole-1.2.1.dist-info"
    with zipfile.ZipFile(folder / WHEEL, "w") as package:
        for part, lines in parts.items():
            text = "".join("\t".join(line) + "\n" for line in lines)
            package.writestr(f"{import_movielens.FOLDER}.{part}", text)
        package.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: recbole\nVersion: 1.2.1\n"
            "Requires-Dist: nothing-that-exists-anywhere\n",
        )  # fmt: skip
        package.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        package.writestr(f"{about}/RECORD", "")
    return folder / WHEEL


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all that pip knows of the world."""
    folder = tmp_path / "source"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def var(settings: Settings) -> Settings:
    """Settings of a place where the made package was fetched before."""
    make_wheel(settings.at("downloads"), PARTS)
    return settings


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def landed(settings: Settings, what: str) -> list[dict[str, Any]]:
    (file,) = settings.at("landing", what).glob("*.jsonl")
    return read(file)


def test_a_rating_is_a_complete_at_its_time_and_maybe_an_opinion(var: Settings) -> None:
    main(var)
    events = landed(var, "events")
    told = {(e["profile_id"], e["title_id"], e["type"]) for e in events}
    assert told == {
        ("1", "10", "complete"), ("1", "10", "like"), ("1", "11", "complete"), ("1", "11", "like"),
        ("2", "10", "complete"), ("2", "12", "complete"), ("2", "12", "dislike"),
        ("2", "13", "complete"), ("2", "13", "dislike"),
    }  # fmt: skip
    assert len(events) == len(told)
    assert events[0]["event_time"] == "1997-12-04T15:55:49.000000Z"
    # history was known when it happened, and nothing is said of impressions, seconds or pauses
    assert all(e["known_time"] == e["event_time"] for e in events)
    assert {name for e in events for name in e} == {
        "event_id", "type", "profile_id", "title_id", "event_time", "known_time",
    }  # fmt: skip


def test_a_title_has_its_name_a_year_that_is_one_and_genres_that_are_some(var: Settings) -> None:
    main(var)
    titles = [(t["name"], t["year"], t["genres"], t["kind"]) for t in landed(var, "titles")]
    assert titles == [
        ('The "Quoted" Story, Part 2', 1995, ["Animation", "Children's", "Comedy"], "film"),
        ("Nothing Known", None, None, "film"),
        ("Year of a Letter", None, ["Drama"], "film"),
        ("Café", 1971, ["Film-Noir", "Sci-Fi"], "film"),
    ]


def test_an_age_is_kept_as_a_band_and_no_place_is_kept(var: Settings) -> None:
    main(var)
    profiles = {int(p["profile_id"]): p for p in landed(var, "profiles")}
    assert [profiles[place]["age_band"] for place in sorted(profiles)] == [
        *["under-18"] * 2, *["18-24"] * 2, *["25-34"] * 2, *["35-44"] * 2, *["45-54"] * 2,
        *["55-and-over"] * 2,
    ]  # fmt: skip
    assert set(profiles[1]) == {"profile_id", "age_band", "gender", "occupation"}


def test_the_same_package_lands_the_same_files_again(var: Settings) -> None:
    before = [(one.rows, one.file, one.file.read_bytes()) for one in main(var)]
    assert [(one.rows, one.file, one.file.read_bytes()) for one in main(var)] == before
    assert [rows for rows, _, _ in before] == [4, 12, 9]


def test_pip_fetches_the_package_once_without_what_it_needs(
    settings: Settings, source: Path
) -> None:
    # its dependency exists nowhere: fetched with it, the import could not end
    wheel = make_wheel(source, PARTS)
    main(settings)
    wheel.unlink()
    main(settings)
    assert [file.name for file in settings.at("downloads").iterdir()] == [WHEEL]


def test_the_licence_is_shown_before_anything_is_fetched(
    settings: Settings, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARQUEE_VAR", settings.var)
    monkeypatch.setenv("COLUMNS", "400")
    failed = CliRunner().invoke(app, ["import-movielens"])
    assert isinstance(failed.exception, NoData)
    assert failed.output.splitlines() == [LICENCE]
    make_wheel(source, PARTS)
    done = CliRunner().invoke(app, ["import-movielens"])
    assert done.exit_code == 0, done.output
    said = done.output.splitlines()
    assert said[0] == LICENCE
    assert "research use" in said[0]
    assert [line.split(" landed in ")[0] for line in said[1:]] == [
        "4 titles", "12 profiles", "9 events", "Next: make night",
    ]  # fmt: skip


@pytest.mark.usefixtures("source")
def test_a_package_that_cannot_be_fetched_is_one_sentence(settings: Settings) -> None:
    told = r"recbole==1\.2\.1, .* could not be fetched \(ERROR: No matching.*\), so nothing was lan"
    with pytest.raises(NoData, match=told) as raised:
        main(settings)
    assert "\n" not in str(raised.value)
    assert not settings.at("landing").exists()


def test_a_spoilt_package_is_named_and_lands_nothing(var: Settings) -> None:
    wheel = var.at("downloads", WHEEL)
    for content in (wheel.read_bytes()[:200], make_wheel(wheel.parent, {}).read_bytes()):
        wheel.write_bytes(content)
        with pytest.raises(NoData, match=rf"could not be fetched \({wheel} .* remove it\)"):
            main(var)
        assert not var.at("landing").exists()


def test_movielens_is_imported_where_nothing_has_landed(lake: Lake, var: Settings) -> None:
    assert land_something(lake) == [date(1997, 12, day) for day in (4, 5, 6)]
    assert len(landed(var, "titles")) == 4


@pytest.mark.usefixtures("var")
def test_movielens_stays_out_where_anything_has_landed(lake: Lake) -> None:
    folder = lake.settings.at("landing", "events")
    folder.mkdir(parents=True)
    (folder / "own.jsonl").write_text('{"known_time": "2026-01-09T20:00:01Z"}\n')
    assert land_something(lake) == [date(2026, 1, 9)]
    assert [file.name for file in folder.iterdir()] == ["own.jsonl"]
    assert not lake.settings.at("landing", "titles").exists()
