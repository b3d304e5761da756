"""Fresh keys make a new version of the same packets, and the old one plays on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from jobs.encode import rotate_keys as rotating
from jobs.encode import tools
from jobs.encode.package import package
from jobs.encode.publish import publish
from jobs.encode.rotate_keys import rotate_keys
from jobs.encode.verify import verify
from jobs.encode.workshop import Workshop
from serving_export.titles.keys import KeyRing
from serving_export.titles.layout import Live, read_live
from tests.jobs.encode.made_package import SECONDS, streams, tiles

if TYPE_CHECKING:
    from pathlib import Path


def test_a_rotation_encodes_nothing_and_the_version_before_still_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = KeyRing.open(tmp_path / "keys", b"m" * 32)
    work, published, given = Workshop(tmp_path / "work"), tmp_path / "published", streams()
    keys = ring.keys_for("bikes")
    made = package(work, "bikes", given, SECONDS, "cbcs", keys, tiles())
    before = verify(made.path, given, keys)
    first = publish(published, "bikes", made.path)
    encodes = []
    ffmpeg = tools.ffmpeg

    def spied(*words: str | Path, seconds: float = 60.0) -> tools.Ran:
        encodes.extend([] if "copy" in words else [words])
        return ffmpeg(*words, seconds=seconds)

    monkeypatch.setattr(tools, "ffmpeg", spied)

    def rotated() -> str:
        return rotate_keys(
            work, published, ring, "bikes", given, SECONDS, "cbcs", 1, tiles(),
            lambda _, keys: {"receipt.json": json.dumps(keys.ids).encode()},
        )  # fmt: skip

    second = rotated()
    assert encodes == []
    assert read_live(published, "bikes") == Live(second, (first,))
    fresh = ring.keys_for("bikes")
    assert fresh.version == 2
    assert not set(fresh.ids.values()) & set(keys.ids.values())
    assert json.loads((published / "bikes" / second / "receipt.json").read_text()) == fresh.ids
    after = verify(published / "bikes" / second, given, fresh)
    old = verify(published / "bikes" / first, given, ring.key_set("bikes", 1, "test"))
    assert before["packets_sha256"] == after["packets_sha256"] == old["packets_sha256"]
    assert rotated() == second  # and no third keys
    assert ring.versions("bikes") == (1, 2)


def test_a_rotation_that_was_killed_goes_on_with_its_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = KeyRing.open(tmp_path / "keys", b"m" * 32)
    ring.keys_for("bikes")
    work, published = Workshop(tmp_path / "work"), tmp_path / "published"

    def rotated() -> str:
        return rotate_keys(work, published, ring, "bikes", streams()[:1], SECONDS, "cenc", 1)

    with monkeypatch.context() as killed:
        killed.setattr(rotating, "publish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            rotated()
    assert read_live(published, "bikes") is None
    rotated()
    assert ring.versions("bikes") == (1, 2)
