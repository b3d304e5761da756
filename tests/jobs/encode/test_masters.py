"""A master is kept once, whole, and never read when its bytes have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobs.encode.masters import MasterAltered, keep, opened

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    file = tmp_path / "A Film.MP4"
    file.write_bytes(b"film" * 1000)
    return file


def test_a_master_is_kept_read_only_under_its_hash(tmp_path: Path, delivered: Path) -> None:
    sha256, kept = keep(tmp_path / "masters", delivered)
    assert kept.name == f"{sha256}.mp4"
    assert kept.read_bytes() == delivered.read_bytes()
    assert kept.stat().st_mode & 0o222 == 0
    delivered.unlink()  # the store does not depend on what was delivered
    assert opened(tmp_path / "masters", sha256) == kept


def test_a_kept_master_is_never_written_again(tmp_path: Path, delivered: Path) -> None:
    _, kept = keep(tmp_path / "masters", delivered)
    before = kept.stat()
    again = delivered.rename(tmp_path / "other name.mkv")
    assert keep(tmp_path / "masters", again)[1] == kept
    after = kept.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_changed_byte_is_seen_at_the_next_opening_and_at_the_next_delivery(
    tmp_path: Path, delivered: Path
) -> None:
    sha256, kept = keep(tmp_path / "masters", delivered)
    kept.chmod(0o644)
    kept.write_bytes(kept.read_bytes()[:-1] + b"X")
    with pytest.raises(MasterAltered, match="holds other bytes"):
        opened(tmp_path / "masters", sha256)
    with pytest.raises(MasterAltered, match="holds other bytes"):
        keep(tmp_path / "masters", delivered)


def test_a_master_that_is_gone_is_named(tmp_path: Path, delivered: Path) -> None:
    sha256, kept = keep(tmp_path / "masters", delivered)
    kept.unlink()
    with pytest.raises(MasterAltered, match=f"{sha256[:16]} is not in"):
        opened(tmp_path / "masters", sha256)


def test_what_a_kill_left_half_copied_is_no_master(tmp_path: Path, delivered: Path) -> None:
    sha256, kept = keep(tmp_path / "masters", delivered)
    kept.rename(tmp_path / "masters" / f".part-{sha256}")
    with pytest.raises(MasterAltered):
        opened(tmp_path / "masters", sha256)
    assert keep(tmp_path / "masters", delivered)[1].read_bytes() == delivered.read_bytes()
    assert not (tmp_path / "masters" / f".part-{sha256}").exists()
