"""What only a folder of LMDB files must keep: order, litter, ticks, full disks."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from typing import TYPE_CHECKING

import pytest

from serving_export.errors import BadPlace, IncompleteVersion, StoreFailed
from serving_export.stores.board import Board, Entry, State
from serving_export.stores.lmdb_store import LmdbStore

if TYPE_CHECKING:
    from pathlib import Path

LIVE = Entry("v1", State.LIVE, "2026-01-10", "0" * 32)


def test_keys_that_do_not_ascend_are_refused(tmp_path: Path) -> None:
    # LMDB's append skips such a key without a word
    with pytest.raises(IncompleteVersion, match="its keys do not ascend"):
        LmdbStore(tmp_path).put("v1", [[(b"b", b"1")], [(b"a", b"2")]])


def test_what_a_killed_writer_of_another_version_left_is_swept(tmp_path: Path) -> None:
    litter = tmp_path / "versions" / ".staging-v0"
    litter.mkdir(parents=True)
    (litter / "data.mdb").write_bytes(b"half")
    LmdbStore(tmp_path).put("v1", [[(b"a", b"1")]])
    assert os.listdir(tmp_path / "versions") == ["v1"]


def test_the_tick_is_the_revision_however_coarse_the_clock(tmp_path: Path) -> None:
    # an inode can come back, and two renames can fall into one tick of the file system's clock
    store = LmdbStore(tmp_path)
    assert store.tick() is None
    for revision in (1, 2, 3):
        store.post(Board(revision, (LIVE,)))
        assert store.tick() == revision


@pytest.mark.parametrize("version", ["../v1", "a/b", "", ".staging-v1", "x" * 200])
def test_a_version_cannot_name_another_folder(tmp_path: Path, version: str) -> None:
    with pytest.raises(BadPlace):
        LmdbStore(tmp_path / "pages").put(version, [[(b"a", b"1")]])


def test_two_sources_of_one_version_share_its_map(tmp_path: Path) -> None:
    # LMDB refuses to open an environment twice in one process
    store = LmdbStore(tmp_path)
    store.put("v1", [[(b"a", b"1")]])
    sources = [LmdbStore(tmp_path).source("v1") for _ in range(3)]
    assert [source([b"a"]) for source in sources] == [{b"a": b"1"}] * 3


def fill_the_disk(folder: str) -> None:
    # no file of this process may grow beyond 100 KB: the kernel's answer is that of a full disk
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    store = LmdbStore(folder)
    with pytest.raises(StoreFailed, match="check that it is up, reachable and has room"):
        store.put("v2", [[(b"a", os.urandom(300_000)), (b"b", os.urandom(300_000))]])
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))
    with pytest.raises(StoreFailed, match="File too large"):
        store.post(store.board().with_entry(LIVE))


def test_a_full_disk_stops_the_publisher_and_not_the_readers(tmp_path: Path) -> None:
    store = LmdbStore(tmp_path)
    store.put("v1", [[(b"a", b"1")]])
    store.post(Board(1, (LIVE,)))
    process = multiprocessing.get_context("spawn").Process(
        target=fill_the_disk, args=(str(tmp_path),)
    )
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert store.board() == Board(1, (LIVE,))
    assert store.source("v1")([b"a"]) == {b"a": b"1"}
    store.put("v2", [[(b"a", b"2")]])  # and with room again the next one succeeds
    assert sorted(os.listdir(tmp_path / "versions")) == ["v1", "v2"]
