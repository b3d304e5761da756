"""Another master key locks the ring: nothing is lost on the way, and the old one opens nothing."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

import pytest
import typer

from jobs.encode.commands import rotate_keys
from serving_export.titles.keys import KeyRing, WrongMasterKey
from serving_export.titles.master_key import (
    BadMasterKey,
    ReadableByOthers,
    master_key,
    write_private,
)
from serving_export.titles.remaster import NoNextMasterKey, remaster

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = "0123456789abcdef" * 4, "fedcba9876543210" * 4
VARIABLE, NEXT = "MARQUEE_TITLES_KEY", "MARQUEE_TITLES_NEXT_KEY"


def test_a_fresh_key_takes_the_place_of_the_file(tmp_path: Path) -> None:
    running = KeyRing.found(tmp_path, {})
    keys, before = running.keys_for("bikes"), master_key(tmp_path, {})

    assert remaster(tmp_path, {}) == str(tmp_path / "master.key")

    after = master_key(tmp_path, {})
    assert after != before
    assert not (tmp_path / "master.key.next").exists()
    assert KeyRing.open(tmp_path, after).keys_for("bikes") == keys
    with pytest.raises(WrongMasterKey):
        KeyRing.open(tmp_path, before)
    # a server that runs meanwhile goes on, and what it changes it locks with the new one
    assert running.rotate("bikes").version == 2
    assert KeyRing.open(tmp_path, after).versions("bikes") == (1, 2)
    audit = (tmp_path / "audit.jsonl").read_text()
    assert [line["what"] for line in map(json.loads, audit.splitlines())].count("locked anew") == 1
    assert after.hex() not in audit


@pytest.mark.parametrize("locked", [False, True], ids=["before the ring", "after the ring"])
def test_a_killed_change_loses_nothing_and_goes_on_with_its_key(
    tmp_path: Path, locked: bool
) -> None:
    keys = KeyRing.found(tmp_path, {}).keys_for("bikes")
    write_private(tmp_path / "master.key.next", NEW.encode())
    if locked:
        KeyRing.found(tmp_path, {}).lock_anew(bytes.fromhex(NEW))

    assert KeyRing.found(tmp_path, {}).keys_for("bikes") == keys
    remaster(tmp_path, {})
    assert master_key(tmp_path, {}) == bytes.fromhex(NEW)
    assert KeyRing.found(tmp_path, {}).keys_for("bikes") == keys


def test_of_the_environment_both_open_until_one_is_taken_away(tmp_path: Path) -> None:
    keys = KeyRing.found(tmp_path, {VARIABLE: OLD}).keys_for("bikes")
    for _ in range(2):  # said twice, it is done once
        assert remaster(tmp_path, {VARIABLE: OLD, NEXT: NEW}) == NEXT

    for environment in ({VARIABLE: OLD, NEXT: NEW}, {VARIABLE: NEW}):
        assert KeyRing.found(tmp_path, environment).keys_for("bikes") == keys
    with pytest.raises(WrongMasterKey):
        KeyRing.found(tmp_path, {VARIABLE: OLD})
    assert not list(tmp_path.glob("master.key*"))


@pytest.mark.parametrize("said", [{}, {NEXT: ""}, {NEXT: NEW[1:]}], ids=["none", "empty", "short"])
def test_without_the_next_one_the_ring_stays(tmp_path: Path, said: dict[str, str]) -> None:
    KeyRing.found(tmp_path, {VARIABLE: OLD}).keys_for("bikes")
    before = (tmp_path / "ring").read_bytes()
    with pytest.raises(NoNextMasterKey) as refused:
        remaster(tmp_path, {VARIABLE: OLD} | said)
    assert OLD not in str(refused.value)
    assert (tmp_path / "ring").read_bytes() == before


def test_a_drawn_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    KeyRing.found(tmp_path, {}).keys_for("bikes")
    write_private(tmp_path / "master.key.next", secrets.token_hex(32).encode())
    (tmp_path / "master.key.next").chmod(0o644)
    with pytest.raises(ReadableByOthers, match=r"master\.key\.next has mode 644"):
        remaster(tmp_path, {})
    write_private(tmp_path / "master.key.next", b"cut")
    with pytest.raises(BadMasterKey, match=r"master\.key\.next"):
        remaster(tmp_path, {})


@pytest.mark.parametrize(("title", "master"), [("bikes", True), ("", False)])
def test_the_command_is_asked_for_one_of_both(title: str, master: bool) -> None:
    with pytest.raises(typer.BadParameter, match="name a title, or give --master"):
        rotate_keys(title, master)
