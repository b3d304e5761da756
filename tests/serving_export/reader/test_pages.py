"""A reader always answers, from the best level it can, and says which and why."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import lmdb
import pytest

from serving_export.errors import BadProfile, NothingToServe
from serving_export.publish import publish
from serving_export.reader import Level, Pages
from serving_export.reader import pages as reading
from serving_export.stores.board import State
from serving_export.stores.store import open_store
from serving_export.versions import rollback
from tests.serving_export import made
from tests.serving_export.made import PUBLISHED, Clock

if TYPE_CHECKING:
    import pyarrow as pa

    from serving_export.stores.store import Store

FIRST = made.table(
    made.page("", made.row("Popular", "popular", ("t1", "t2"))),
    made.page("", made.row("Popular", "popular", ("t3",)), region="DE"),
    made.page("anna", made.row(titles=("t4", "t5"), because_of="t1"), region="DE"),
    made.page("ben", made.row(titles=("t6",))),
    {**made.page("new", made.row("Popular", "popular", ("t3",)), region="DE"), "popular": True},
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def publish_pages(store: Store, pages: pa.Table = FIRST, day: int = 0) -> str:
    night = made.night(pages, day=made.NIGHT + timedelta(days=day))
    return publish(store, night, made.TERMS, clock=lambda: PUBLISHED).version


@pytest.fixture
def pages(store: Store, clock: Clock, tmp_path: Path) -> Pages:
    """A reader of a place where one night is live."""
    publish_pages(store)
    return Pages(store, tmp_path / "last.page", clock)


def first_titles(pages: Pages, profile: str, region: str | None = None) -> tuple[str, ...]:
    return pages.get(profile, region).page.rows[0].title_ids


def test_a_profile_gets_its_own_page_with_everything_in_it(pages: Pages, clock: Clock) -> None:
    clock.now += 60
    answer = pages.get("anna", region="DE")
    assert (answer.level, answer.stale, answer.age_seconds, answer.skipped) == (
        Level.OWN, False, 60, (),
    )  # fmt: skip
    (row,) = answer.page.rows
    assert row == ("Top picks", "top_picks", "t1", ("t4", "t5"), (1, 1), (1.0, 1.0))
    assert (answer.page.night, answer.page.region) == (made.NIGHT, "DE")
    assert answer.catalogue.titles["t4"] == ("t4", "Title 4", 1994, ("Drama",))
    assert answer.catalogue.titles["t3"].year is None
    assert answer.catalogue.sources == made.SOURCES


def test_an_unknown_profile_gets_the_popular_page_of_its_region(pages: Pages) -> None:
    answer = pages.get("nobody", region="DE")
    assert (answer.level, answer.stale) == (Level.POPULAR, False)
    assert answer.skipped == ("own: the version has no page of this profile",)
    assert answer.page.rows[0].title_ids == ("t3",)


@pytest.mark.parametrize("region", [None, "", "XX", "../DE", "x" * 700])
def test_a_region_without_a_page_gets_that_of_everywhere(pages: Pages, region: str | None) -> None:
    assert first_titles(pages, "nobody", region) == ("t1", "t2")


def test_a_page_of_the_popular_kind_is_not_called_own(pages: Pages) -> None:
    # recommend gives profiles with nothing left the popular page, marked as such
    assert pages.get("new").level == Level.POPULAR


def test_a_page_made_for_another_region_is_passed_over(pages: Pages) -> None:
    # anna's page holds what is licensed in DE
    answer = pages.get("anna", region="FR")
    assert (answer.level, answer.page.rows[0].title_ids) == (Level.POPULAR, ("t1", "t2"))
    assert answer.skipped == ("own: it was made for region DE",)
    assert pages.get("ben", region="FR").level == Level.OWN  # made for everywhere


def test_an_expired_page_is_not_served_though_the_store_still_has_it(
    pages: Pages, clock: Clock
) -> None:
    clock.now = PUBLISHED + 3599.9
    assert pages.get("anna").level == Level.OWN
    clock.now = PUBLISHED + 3600
    answer = pages.get("anna", "DE")
    assert (answer.level, answer.stale, answer.page.rows[0].title_ids) == (
        Level.POPULAR, True, ("t3",),
    )  # fmt: skip
    assert answer.skipped == ("own: the version has expired",)


def test_many_profiles_in_their_order(pages: Pages) -> None:
    asked = ["ben", "nobody", "anna", "ben"]
    answers = pages.get_many(asked, "DE")
    assert [answer.level for answer in answers] == [
        Level.OWN, Level.POPULAR, Level.OWN, Level.OWN,
    ]  # fmt: skip
    assert answers == [pages.get(profile, "DE") for profile in asked]
    assert pages.get_many([]) == []


@pytest.mark.parametrize("profile", ["", "x" * 5000, "../../etc/passwd", "a\x00b", "r", "m/0000"])
def test_odd_profiles_get_the_popular_page(pages: Pages, profile: str) -> None:
    assert pages.get(profile).level == Level.POPULAR


@pytest.mark.parametrize("profile", [None, 7, b"anna", "\ud800"])
def test_what_is_no_profile_id_is_refused(pages: Pages, profile: object) -> None:
    with pytest.raises(BadProfile):
        pages.get(profile)  # type: ignore[arg-type]


def test_a_reader_follows_a_swap_and_a_rollback(
    pages: Pages, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving_export.stores.dynamodb_store.BOARD_SECONDS", 1e-9)
    assert first_titles(pages, "ben") == ("t6",)
    second = [{**page, "rows": [made.row(titles=("t9",))]} for page in FIRST.to_pylist()]
    publish_pages(store, made.table(*second), 1)
    assert first_titles(pages, "ben") == ("t9",)
    rollback(store)
    assert first_titles(pages, "ben") == ("t6",)


def test_a_staged_or_quarantined_version_is_never_read(pages: Pages, store: Store) -> None:
    with pytest.raises(Exception, match="not in the catalogue"):
        publish_pages(store, made.table(made.page("", made.row(titles=("t999",)))), 1)
    assert [entry.state for entry in store.board().entries] == [State.LIVE, State.STAGED]
    assert first_titles(pages, "ben") == ("t6",)


def test_a_version_that_is_pruned_while_it_is_opened_is_no_outage(
    store: Store, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the reader has read the board, then two nights are published and its version is pruned
    publish_pages(store)
    real, old = store.board, store.board()
    for day in (1, 2, 3):
        publish_pages(store, made.table(*FIRST.to_pylist()), day)
    boards = iter([old])
    monkeypatch.setattr(store, "board", lambda: next(boards, None) or real())
    answer = Pages(store, tmp_path / "last.page", clock).get("ben")
    assert (answer.level, answer.page.night) == (Level.OWN, made.NIGHT + timedelta(days=3))


def test_a_reader_whose_version_was_pruned_moves_on(
    pages: Pages, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a table's reader looks at the board every two seconds: what it holds can be gone before
    monkeypatch.setattr(store, "tick", lambda: 0)
    assert pages.get("ben").page.night == made.NIGHT
    for day in (1, 2, 3):
        publish_pages(store, made.table(*FIRST.to_pylist()), day)
    answer = pages.get("ben")
    assert answer.level == Level.OWN  # from its map in a folder, from the new version in a table


def test_a_place_where_nothing_was_published_says_so(store: Store, tmp_path: Path) -> None:
    with pytest.raises(
        NothingToServe, match=r"\(no version is live; .*publish a night there first"
    ):
        Pages(store, tmp_path / "last.page").get("anna")


def test_the_last_page_file_outlives_the_store(pages: Pages, clock: Clock, tmp_path: Path) -> None:
    pages.get("anna")  # whoever has read once has the file
    clock.now += 7200
    empty = Pages(open_store(str(tmp_path / "empty")), tmp_path / "last.page", clock)
    answer = empty.get("anna", region="DE")
    assert (answer.level, answer.stale, answer.age_seconds) == (Level.LAST, True, 7200)
    assert answer.page.rows[0].title_ids == ("t3",)
    assert answer.page.night == made.NIGHT
    assert answer.catalogue.titles["t3"].name == "Title 3"
    assert "no version is live" in answer.skipped[0]
    assert first_titles(empty, "anna") == ("t1", "t2")


@pytest.mark.parametrize("content", [b"", b"MQLAST1\n", b"MQLAST1\n" + bytes(40), bytes(range(99))])
def test_a_broken_last_page_file_is_no_page(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "last.page").write_bytes(content)
    with pytest.raises(NothingToServe, match="last page file"):
        Pages(open_store(str(tmp_path / "empty")), tmp_path / "last.page").get("anna")


def test_a_cut_last_page_file_is_no_page(pages: Pages, tmp_path: Path) -> None:
    pages.get("anna")
    whole = (tmp_path / "last.page").read_bytes()
    (tmp_path / "last.page").write_bytes(whole[:-1])
    with pytest.raises(NothingToServe, match="does not unpack"):
        Pages(open_store(str(tmp_path / "empty")), tmp_path / "last.page").get("anna")


def test_a_reader_that_may_not_write_still_reads(store: Store, clock: Clock) -> None:
    publish_pages(store)
    pages = Pages(store, Path("/proc/nothing/last.page"), clock)
    assert pages.get("anna").level == Level.OWN


class TestFolder:
    """What only a folder can suffer."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        publish_pages(open_store(str(tmp_path / "pages")))
        return tmp_path / "pages"

    def test_a_corrupt_record_gives_the_popular_page(self, folder: Path, clock: Clock) -> None:
        (version,) = (folder / "versions").iterdir()
        with lmdb.open(str(version)) as environment, environment.begin(write=True) as writing:
            writing.put(b"panna", b"garbage")
        pages = Pages(open_store(str(folder)), folder / "last.page", clock)
        answer = pages.get("anna", "DE")
        assert (answer.level, answer.page.rows[0].title_ids) == (Level.POPULAR, ("t3",))
        assert "does not unpack" in answer.skipped[0]

    def test_a_record_of_another_version_is_refused(self, folder: Path, clock: Clock) -> None:
        # the bytes of a good page that ended up in the wrong version
        other = open_store(str(folder.parent / "other"))
        name = publish_pages(other, made.table(*FIRST.to_pylist()), day=1)
        record = other.source(name)([b"pben"])[b"pben"]
        (version,) = (folder / "versions").iterdir()
        with lmdb.open(str(version)) as environment, environment.begin(write=True) as writing:
            writing.put(b"pben", record)
        answer = Pages(open_store(str(folder)), folder / "last.page", clock).get("ben")
        assert answer.level == Level.POPULAR
        assert f"it says it is of version '{name}'" in answer.skipped[0]

    @pytest.mark.parametrize(
        "content", [b"", b"{}", b"garbage", b'{"revision": 1, "entries": [7]}']
    )
    def test_a_broken_board_gives_the_last_page_file(
        self, folder: Path, clock: Clock, content: bytes
    ) -> None:
        Pages.open(str(folder)).get("anna")
        (folder / "board.json").write_bytes(content)
        answer = Pages(open_store(str(folder)), folder / "last.page", clock).get("anna")
        assert answer.level == Level.LAST
        assert "the list of versions is broken" in answer.skipped[0]

    def test_who_holds_a_version_keeps_it_when_the_board_breaks(
        self, folder: Path, clock: Clock
    ) -> None:
        pages = Pages(open_store(str(folder)), folder / "last.page", clock)
        assert pages.get("anna").level == Level.OWN
        (folder / "board.json").write_bytes(b"garbage")
        assert pages.get("anna").level == Level.OWN

    @pytest.mark.parametrize("kept", ["nothing", "garbage", "half"])
    def test_a_broken_environment_gives_the_last_page_file(
        self, folder: Path, clock: Clock, kept: str
    ) -> None:
        Pages.open(str(folder)).get("anna")
        (version,) = (folder / "versions").iterdir()
        whole = (version / "data.mdb").read_bytes()
        # behind the end of a cut file a reader of a map does not fail, it dies
        content = {"nothing": b"", "garbage": b"garbage" * 5000, "half": whole[: len(whole) // 2]}
        (version / "data.mdb").write_bytes(content[kept])
        answer = Pages(open_store(str(folder)), folder / "last.page", clock).get("anna")
        assert answer.level == Level.LAST

    def test_a_removed_version_gives_the_last_page_file_and_comes_back(
        self, folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "RETRY_SECONDS", 0.0)
        Pages.open(str(folder)).get("anna")
        (version,) = (folder / "versions").iterdir()
        shutil.move(version, folder / "kept")
        pages = Pages(open_store(str(folder)), folder / "last.page", clock)
        assert pages.get("anna").level == Level.LAST
        shutil.move(folder / "kept", version)
        assert pages.get("anna").level == Level.OWN

    def test_a_reader_writes_nothing_to_a_version(self, folder: Path) -> None:
        (version,) = (folder / "versions").iterdir()
        before = [(file.name, file.stat().st_mtime_ns) for file in version.iterdir()]
        Pages.open(str(folder)).get("anna")
        assert [(file.name, file.stat().st_mtime_ns) for file in version.iterdir()] == before
