"""The master key is found, made once, and never used from a file that others can open."""

from __future__ import annotations

import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from serving_export.titles.keys import KeyRing
from serving_export.titles.master_key import (
    BadMasterKey,
    MissingMasterKey,
    ReadableByOthers,
    master_key,
    write_private,
)

if TYPE_CHECKING:
    from pathlib import Path

HEX = "0123456789abcdef" * 4


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    assert master_key(tmp_path, {"MARQUEE_TITLES_KEY": HEX}) == bytes.fromhex(HEX)
    assert not (tmp_path / "master.key").exists()


def test_a_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)  # the mode must not depend on what the user lets others read
    try:
        first = master_key(tmp_path / "keys", {})
    finally:
        os.umask(old)
    assert len(first) == 32
    assert first == master_key(tmp_path / "keys", {})
    assert (tmp_path / "keys" / "master.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o601, 0o666])
def test_wider_modes_are_refused_in_one_sentence(tmp_path: Path, mode: int) -> None:
    master_key(tmp_path, {})
    (tmp_path / "master.key").chmod(mode)
    with pytest.raises(ReadableByOthers, match=f"has mode {mode:03o}, so others") as refused:
        master_key(tmp_path, {})
    assert (tmp_path / "master.key").read_text() not in str(refused.value)


@pytest.mark.parametrize("text", ["", HEX[:-1], HEX + "0", HEX[:-1] + "g", f"{HEX}\n{HEX}"])
def test_what_is_no_key_is_not_shown(tmp_path: Path, text: str) -> None:
    write_private(tmp_path / "master.key", text.encode())
    with pytest.raises(BadMasterKey) as refused:
        master_key(tmp_path, {})
    with pytest.raises(BadMasterKey) as from_environment:
        master_key(tmp_path, {"MARQUEE_TITLES_KEY": text})
    for said in (str(refused.value), str(from_environment.value)):
        assert not text or text[:16] not in said


def test_a_lost_key_is_not_made_anew_beside_a_ring(tmp_path: Path) -> None:
    """A fresh one would open nothing, and hide that the old one must be restored."""
    KeyRing.open(tmp_path, master_key(tmp_path, {})).keys_for("bikes")
    (tmp_path / "master.key").unlink()
    with pytest.raises(MissingMasterKey):
        master_key(tmp_path, {})


def test_who_begins_at_once_makes_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # each opens the lock anew, as a process of its own does
    drawn = secrets.token_hex

    def slowly(size: int) -> str:
        time.sleep(0.2)
        return drawn(size)

    monkeypatch.setattr(secrets, "token_hex", slowly)
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: master_key(tmp_path / "keys", {}), range(4)))) == 1
