"""Publishing writes, verifies and only then swaps; whatever fails, readers keep what they had."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from serving_export.draft import Draft
from serving_export.errors import (
    BadPages,
    IncompleteVersion,
    NoTarget,
    StoreFailed,
    UnlikelySize,
)
from serving_export.manifest import manifest_of
from serving_export.publish import Terms, publish
from serving_export.stores.board import Entry, State
from serving_export.stores.store import open_store
from serving_export.versions import prune, rollback
from tests.serving_export import made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from serving_export.draft import Records
    from serving_export.stores.store import Store

    Harm = Callable[[Records], Records]

DAY = timedelta(days=1)


def at(seconds: float) -> float:
    return 1_768_000_000.0 + seconds


def publish_day(store: Store, day: int, note: str = "", terms: Terms = made.TERMS) -> Entry:
    night = made.night(day=made.NIGHT + day * DAY, note=note)
    return publish(store, night, terms, clock=lambda: at(day))


def states(store: Store) -> list[str]:
    return [str(entry.state) for entry in store.board().entries]


def test_a_published_version_is_live_whole_and_explained(store: Store) -> None:
    entry = publish_day(store, 0)
    assert store.board().live == entry
    assert entry.version == f"2026-01-10-{entry.stamp[:12]}"
    assert (entry.pages, entry.published_at, entry.expires_at) == (41, at(0), at(3600))
    keys = [key for key, _ in store.scan(entry.version)]
    assert len(keys) == len(set(keys)) == entry.records
    assert manifest_of(store.source(entry.version)).stamp == entry.stamp


def test_publishing_again_changes_nothing(store: Store) -> None:
    publish_day(store, 0)
    before = store.board(), sorted(store.scan(store.board().entries[0].version))
    publish_day(store, 0)
    assert (store.board(), sorted(store.scan(store.board().entries[0].version))) == before


def test_the_next_night_takes_over_and_the_last_is_its_backup(store: Store) -> None:
    publish_day(store, 0)
    publish_day(store, 1)
    assert states(store) == ["backup", "live"]


def test_an_older_night_run_again_does_not_take_readers_back(store: Store) -> None:
    # a backfill or a cleared task of last week must not replace tonight's pages
    publish_day(store, 1)
    publish_day(store, 0)
    live = store.board().live
    assert live is not None
    assert (states(store), live.night) == (["backup", "live"], "2026-01-11")


def test_other_content_for_the_same_night_is_another_version(store: Store) -> None:
    publish_day(store, 0)
    publish_day(store, 0, note="mended")
    assert states(store) == ["backup", "live"]


def test_old_versions_are_pruned_and_nothing_of_them_is_left(store: Store) -> None:
    first = publish_day(store, 0)
    for day in range(1, 5):
        publish_day(store, day)
    assert states(store) == ["backup", "backup", "live"]
    with pytest.raises(NoTarget, match="there is no such version"):
        rollback(store, first.version)
    assert not made.held(store, first.version)


def test_a_prune_does_not_take_a_version_that_was_rolled_back_to_meanwhile(store: Store) -> None:
    for day in range(3):
        publish_day(store, day)
    oldest = store.board().entries[0]
    real, seen = store.board, []

    def racing() -> object:
        # somebody rolls back right after the prune has chosen what to drop
        board = real()
        if not seen:
            seen.append(board)
            rollback(store, oldest.version)
        return board

    store.board = racing  # type: ignore[method-assign,assignment]
    prune(store, kept=1)
    live = real().live
    assert live is not None
    assert live.version == oldest.version
    assert made.held(store, oldest.version)


def lossy(store: Store, harm: Harm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the store's writes lose or change records, as a failing disk or table would."""
    put = store.put

    def harmful(version: str, batches: Iterator[Records]) -> None:
        # pages of profiles are harmed: a batch of them is long
        put(version, (harm(batch) if len(batch) > 30 else batch for batch in batches))

    monkeypatch.setattr(store, "put", harmful)


def lose_one(batch: Records) -> Records:
    return batch[:-1]


def change_one(batch: Records) -> Records:
    key, record = batch[-1]
    return [*batch[:-1], (key, record[:-1] + bytes([record[-1] ^ 1]))]


def swap_two(batch: Records) -> Records:
    # every record is there, each under the other's key
    return [*batch[:-2], (batch[-2][0], batch[-1][1]), (batch[-1][0], batch[-2][1])]


@pytest.mark.parametrize(
    ("harm", "why"),
    [(lose_one, "holds 45 of 46 records"), (change_one, "checksum"), (swap_two, "checksum")],
)
def test_a_version_that_does_not_read_back_is_never_seen(
    store: Store, harm: Harm, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = publish_day(store, 0)
    with monkeypatch.context() as failing:
        lossy(store, harm, failing)
        with pytest.raises(IncompleteVersion, match=why):
            publish_day(store, 1)
    assert store.board().live == good
    assert states(store) == ["live", "quarantined"]
    # the rerun repairs it, under a name that nobody distrusts
    again = publish_day(store, 1)
    assert again.version.endswith("-2")
    assert states(store) == ["backup", "quarantined", "live"]


def test_a_page_that_decodes_to_something_else_is_never_seen(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the checksums agree, the encoder is wrong: only the sample can tell
    wrong = made.night().pages
    real = Draft.sampled
    monkeypatch.setattr(
        Draft, "sampled",
        lambda self, count: ((k, p._replace(region="XX")) for k, p in real(self, count)),
    )  # fmt: skip
    with pytest.raises(IncompleteVersion, match="is another page"):
        publish(store, made.night(wrong), made.TERMS)
    assert store.board().live is None


def test_a_much_smaller_night_stops_even_after_a_restart(store: Store, place: str) -> None:
    # the live version's size is on the board, not in the memory of a process
    publish(store, made.night(made.everyone(100)), made.TERMS)
    small = made.night(made.everyone(30), day=made.NIGHT + DAY)
    with pytest.raises(UnlikelySize, match="holds 31 pages where the live version holds 101"):
        publish(open_store(place), small, made.TERMS)
    assert states(store) == ["live", "quarantined"]
    assert publish(store, small, replace(made.TERMS, least_share=0.1)).state == State.LIVE


def test_bad_pages_leave_readers_where_they_are(store: Store) -> None:
    good = publish_day(store, 0)
    bad = made.night(made.table(made.page("")), day=made.NIGHT + DAY, titles=made.titles(1))
    with pytest.raises(BadPages, match="not in the catalogue"):
        publish(store, bad, made.TERMS)
    assert store.board().live == good
    assert publish_day(store, 1).state == State.LIVE


def test_rollback_goes_back_night_by_night_and_never_to_what_was_left(store: Store) -> None:
    versions = [publish_day(store, day).version for day in range(3)]
    assert rollback(store).version == versions[1]
    assert rollback(store).version == versions[0]
    assert states(store) == ["live", "quarantined", "quarantined"]
    with pytest.raises(NoTarget, match="there is no backup before the live one"):
        rollback(store)
    with pytest.raises(NoTarget, match=r"it is quarantined \(was rolled back from\)"):
        rollback(store, versions[2])


def test_rollback_to_a_named_version(store: Store) -> None:
    versions = [publish_day(store, day).version for day in range(3)]
    assert rollback(store, versions[0]).version == versions[0]
    assert states(store) == ["live", "backup", "quarantined"]
    with pytest.raises(NoTarget, match="it is live"):
        rollback(store, versions[0])
    with pytest.raises(NoTarget, match="there is no such version"):
        rollback(store, "1999-01-01-000000000000")


def test_a_version_rolled_back_to_keeps_its_expiry(store: Store) -> None:
    # old pages do not become fresh because the newer ones were bad
    first = publish_day(store, 0)
    publish_day(store, 1)
    assert rollback(store).expires_at == first.expires_at


def test_rollback_to_a_version_that_cannot_be_read_is_refused(store: Store) -> None:
    first = publish_day(store, 0)
    second = publish_day(store, 1)
    store.drop(first.version)
    with pytest.raises(NoTarget, match="cannot be read and is quarantined"):
        rollback(store)
    assert store.board().live == second


def test_a_live_version_that_was_damaged_is_published_anew(store: Store) -> None:
    # somebody deleted its records; the rerun must repair what readers see
    first = publish_day(store, 0)
    store.drop(first.version)
    again = publish_day(store, 0)
    assert again.version == f"{first.version}-2"
    assert states(store) == ["quarantined", "live"]


def test_a_store_that_fails_while_it_is_read_back_damages_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a network that hiccups must not quarantine the version that everybody reads
    publish_day(store, 0)
    before = store.board()

    def failing(version: str) -> Iterator[tuple[bytes, bytes]]:
        raise StoreFailed("here", ConnectionError("reset"))

    with monkeypatch.context() as broken:
        broken.setattr(store, "scan", failing)
        with pytest.raises(StoreFailed):
            publish_day(store, 0)
    assert store.board() == before


def test_a_draft_whose_writer_died_long_ago_is_swept(store: Store) -> None:
    publish_day(store, 0)
    dead = Entry("2026-01-09-dead", State.STAGED, "2026-01-09", "0" * 32, staged_at=at(-90_000))
    young = Entry("2026-01-09-young", State.STAGED, "2026-01-09", "0" * 32, staged_at=at(-60))
    for entry in (dead, young):
        store.post(store.board().with_entry(entry))
    prune(store, 3, clock=lambda: at(0))
    assert store.board().entries[0].version == young.version
    assert len(store.board().entries) == 2
