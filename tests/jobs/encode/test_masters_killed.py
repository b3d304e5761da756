"""What a kill leaves of a master on its way into the store, or out of it, stops nobody after it."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, cast

import pytest

from jobs.encode.hashes import Hashes
from jobs.encode.masters import S3Masters, store_of
from jobs.encode.workshop import sha256_of
from lakehouse.settings import Settings
from serving_export.titles.s3 import Found
from tests.jobs.encode.masters_at import S3Place

if TYPE_CHECKING:
    from pathlib import Path

    from serving_export.titles.s3 import Bucket


def test_a_keeper_that_was_killed_just_before_the_move_stops_no_other(
    tmp_path: Path, delivered: Path
) -> None:
    """Its half is whole and read-only already: nobody but root could write into it ever again."""
    settings = Settings(var=str(tmp_path / "var"), masters=str(tmp_path / "masters"))
    sha256 = sha256_of(delivered)
    half = tmp_path / "masters" / f".part-{sha256}"
    half.parent.mkdir()
    half.write_bytes(delivered.read_bytes())
    half.chmod(0o444)
    with half.open() as opened:  # so that its inode is not given to another file
        assert store_of(settings).keep(delivered)[0] == sha256
        assert os.fstat(opened.fileno()).st_nlink == 0


def test_a_download_that_was_killed_just_before_the_move_goes_on(tmp_path: Path) -> None:
    film, modes = b"film", []
    sha256 = hashlib.sha256(film).hexdigest()
    version = hashlib.sha256(b"etag").hexdigest()[:16]
    half = tmp_path / f".part-{sha256}-{version}"
    half.write_bytes(film)
    half.chmod(0o444)

    class Held:
        """A bucket with one film, of which all has come."""

        def find(self, _: str) -> Found:
            return Found("etag", len(film), ".mp4")

        def fetch(self, _name: str, _found: Found, into: Path) -> str:
            modes.append(into.stat().st_mode & 0o777)
            return sha256

    store = S3Masters(cast("Bucket", Held()), tmp_path, Hashes(tmp_path / "hashes"))
    assert store.opened(sha256).read_bytes() == film
    assert modes == [0o644]  # root may write into any: the mode tells what others may
    assert store.opened(sha256).stat().st_mode & 0o777 == 0o444


@pytest.mark.service
def test_a_download_that_was_killed_goes_on_where_it_stopped(
    s3: None, tmp_path: Path, delivered: Path
) -> None:
    settings = Settings(var=str(tmp_path / "var"), masters=S3Place("downloads").name)
    store = store_of(settings)
    assert isinstance(store, S3Masters)
    sha256, copy = store.keep(delivered)
    parts: list[Path] = []

    def cut_off(name: str, found: Found, into: Path) -> str:
        into.write_bytes(delivered.read_bytes()[:1500])
        parts.append(into)
        raise KeyboardInterrupt

    copy.unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.bucket, "fetch", cut_off)
        with pytest.raises(KeyboardInterrupt):
            store.opened(sha256)
    ranges: list[str] = []
    store.bucket.client.meta.events.register(
        "before-call.s3.GetObject", lambda params, **_: ranges.append(params["headers"]["Range"])
    )
    assert store.opened(sha256) == copy
    assert copy.read_bytes() == delivered.read_bytes()
    assert (ranges, parts[0].exists()) == (["bytes=1500-3999"], False)
