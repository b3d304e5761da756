"""Keys are locked at rest, versioned, never lost by two at once or a kill, and each use is written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving_export.titles.keys import (
    KeyRing,
    KeySet,
    KeysInUse,
    NoSuchKey,
    WrongMasterKey,
    append_line,
)
from serving_export.titles.layout import BadTitleId
from serving_export.titles.master_key import BadMasterKey, ReadableByOthers

MASTER = bytes(range(32))


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.open(tmp_path / "keys", MASTER, who="tests")


def again(ring: KeyRing) -> KeyRing:
    return KeyRing.open(ring.folder, MASTER)


def audit(ring: KeyRing) -> list[dict[str, object]]:
    return [json.loads(line) for line in (ring.folder / "audit.jsonl").read_text().splitlines()]


def test_a_title_has_a_key_for_each_label_and_keeps_it(ring: KeyRing) -> None:
    keys = ring.keys_for("bikes")
    assert set(keys.keys) == {"SD", "HD", "AUDIO"}
    assert keys.version == 1
    assert len({key.value for key in keys.keys.values()}) == 3
    assert all(len(key.value) == 16 and len(key.id) == 32 for key in keys.keys.values())
    assert again(ring).keys_for("bikes") == keys
    assert ring.keys_for("other").keys["SD"] != keys.keys["SD"]


def test_the_ring_at_rest_shows_neither_keys_nor_titles(ring: KeyRing) -> None:
    keys = ring.keys_for("bikes")
    stored = (ring.folder / "ring").read_bytes()
    for key in keys.keys.values():
        assert key.value not in stored
        assert key.value.hex().encode() not in stored
    assert b"bikes" not in stored
    assert (ring.folder / "ring").stat().st_mode & 0o777 == 0o600
    assert (ring.folder / "audit.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_key_does_not_show_in_what_is_printed(ring: KeyRing) -> None:
    keys = ring.keys_for("bikes")
    for key in keys.keys.values():
        assert key.value.hex() not in repr((keys, key, ring, vars(ring)))
        assert repr(key.value) not in repr((keys, key))


def test_another_master_key_opens_nothing(ring: KeyRing) -> None:
    ring.keys_for("bikes")
    with pytest.raises(WrongMasterKey):
        KeyRing.open(ring.folder, bytes(32))


@pytest.mark.parametrize("at", [0, 15, 27, -1])
def test_an_altered_ring_is_noticed(ring: KeyRing, at: int) -> None:
    """In its first line, its nonce, its content or its tag."""
    ring.keys_for("bikes")
    content = bytearray((ring.folder / "ring").read_bytes())
    content[at] ^= 1
    (ring.folder / "ring").write_bytes(content)
    with pytest.raises(WrongMasterKey):
        again(ring)


@pytest.mark.parametrize("size", [0, 5, 20, 40])
def test_half_a_ring_is_noticed(ring: KeyRing, size: int) -> None:
    ring.keys_for("bikes")
    (ring.folder / "ring").write_bytes((ring.folder / "ring").read_bytes()[:size])
    with pytest.raises(WrongMasterKey):
        again(ring)


def test_a_ring_that_others_can_open_is_refused(ring: KeyRing) -> None:
    ring.keys_for("bikes")
    (ring.folder / "ring").chmod(0o640)
    with pytest.raises(ReadableByOthers):
        again(ring)


@pytest.mark.parametrize("size", [16, 24, 31, 33])
def test_a_short_master_key_is_refused(tmp_path: Path, size: int) -> None:
    """AES takes 16 and 24 bytes too, and would lock with less than was promised."""
    with pytest.raises(BadMasterKey):
        KeyRing.open(tmp_path, bytes(size))


def test_rotated_keys_are_fresh_and_old_ones_stay(ring: KeyRing) -> None:
    first, second = ring.keys_for("bikes"), ring.rotate("bikes")
    assert second.version == 2
    assert not set(first.ids.values()) & set(second.ids.values())
    assert ring.keys_for("bikes") == second
    assert ring.key_set("bikes", 1, "test") == first
    assert ring.key(first.ids["HD"], "test") == first.keys["HD"].value
    assert ring.versions("bikes") == (1, 2)


def test_a_rotation_after_a_version_happens_once(ring: KeyRing) -> None:
    ring.keys_for("bikes")
    assert ring.rotate("bikes", after=1) == ring.rotate("bikes", after=1)
    assert ring.versions("bikes") == (1, 2)


def test_dropped_keys_are_gone_and_current_ones_stay(ring: KeyRing) -> None:
    first = ring.keys_for("bikes")
    with pytest.raises(KeysInUse):
        ring.drop("bikes", 1)
    ring.rotate("bikes")
    ring.drop("bikes", 1)
    with pytest.raises(NoSuchKey):
        ring.key(first.ids["SD"], "test")
    with pytest.raises(NoSuchKey):
        ring.key_set("bikes", 1, "test")
    with pytest.raises(NoSuchKey):
        ring.drop("bikes", 1)
    assert ring.versions("bikes") == (2,)


def test_all_keys_of_an_erased_title_are_gone_and_their_ids_written_down(ring: KeyRing) -> None:
    made = [ring.keys_for("bikes"), ring.rotate("bikes")]
    ring.forget("bikes")
    ids = {key_id for one in made for key_id in one.ids.values()}
    assert [again(ring).key_of("bikes", key_id) for key_id in ids] == [None] * 6
    assert {k for line in audit(ring)[-2:] for k in line["key_ids"]} == ids  # type: ignore[attr-defined]


def test_a_licence_gives_keys_of_its_title_only(ring: KeyRing) -> None:
    keys, other = ring.keys_for("bikes"), ring.keys_for("other")
    assert ring.key_of("bikes", keys.ids["SD"]) == keys.keys["SD"].value
    assert ring.key_of("bikes", other.ids["SD"]) is None
    assert ring.key_of("bikes", "") is None


@pytest.mark.parametrize("title_id", ["", "..", "a/b"])
def test_a_title_id_is_checked(ring: KeyRing, title_id: str) -> None:
    for use in (ring.keys_for, ring.rotate, ring.versions):
        with pytest.raises(BadTitleId):
            use(title_id)


def test_what_is_not_there_is_said(ring: KeyRing) -> None:
    assert ring.versions("bikes") == ()
    with pytest.raises(NoSuchKey, match="holds no keys of bikes"):
        ring.rotate("bikes")
    with pytest.raises(NoSuchKey, match="holds no version 3"):
        ring.key_set("bikes", 3, "test")


def test_every_use_is_written_down_by_id(ring: KeyRing) -> None:
    keys = ring.keys_for("bikes")
    ring.key(keys.ids["SD"], "licence", "bikes")
    ring.rotate("bikes")
    ring.drop("bikes", 1)
    lines = audit(ring)
    assert [(line["what"], line["for"], line["version"]) for line in lines] == [
        ("made", "", 1), ("used", "packaging", 1), ("used", "licence", 1),
        ("made", "", 2), ("used", "rotation", 2), ("dropped", "", 1),
    ]  # fmt: skip
    assert {line["who"] for line in lines} == {"tests"}
    assert lines[2]["key_ids"] == [keys.ids["SD"]]
    written = (ring.folder / "audit.jsonl").read_text()
    assert not any(key.value.hex() in written for key in keys.keys.values())


def test_a_use_that_cannot_be_written_down_gives_no_key(ring: KeyRing) -> None:
    keys = ring.keys_for("bikes")
    (ring.folder / "audit.jsonl").unlink()
    (ring.folder / "audit.jsonl").mkdir()
    with pytest.raises(OSError, match=r"audit\.jsonl"):
        ring.key(keys.ids["SD"], "licence")


def test_a_line_after_half_a_line_is_one_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_text('{"a": 1}\n{"b"')
    append_line(file, '{"c": 3}')
    append_line(file, '{"d": 4}')
    assert file.read_text() == '{"a": 1}\n{"b"\n{"c": 3}\n{"d": 4}\n'


def test_a_full_disk_is_no_silent_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, content: write(file, content[:3]))
    with pytest.raises(OSError, match="No space left"):
        append_line(tmp_path / "audit.jsonl", "whole line")


BUSY = """
import sys
from pathlib import Path
from serving_export.titles.keys import KeyRing
ring = KeyRing.open(Path(sys.argv[1]), bytes(range(32)))
for number in range(int(sys.argv[3])):
    ring.keys_for(f"{sys.argv[2]}{number}")
    print(number, flush=True)
"""


def test_two_processes_at_once_lose_no_keys(ring: KeyRing) -> None:
    children = [
        subprocess.Popen([sys.executable, "-c", BUSY, str(ring.folder), name, "12"],
                         stdout=subprocess.DEVNULL)
        for name in "abc"
    ]  # fmt: skip
    assert [child.wait() for child in children] == [0, 0, 0]
    assert all(ring.versions(f"{name}{n}") == (1,) for name in "abc" for n in range(12))
    assert len(audit(ring)) == 2 * 36


def test_a_kill_in_the_middle_of_a_write_leaves_a_ring_that_opens(ring: KeyRing) -> None:
    """Every key that was handed out before the kill is there after it."""
    keys = ring.keys_for("bikes")
    for wait in (0.0, 0.003, 0.011):
        child = subprocess.Popen(
            [sys.executable, "-c", BUSY, str(ring.folder), f"k{int(wait * 1000)}-", "100000"],
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(wait)
        child.send_signal(signal.SIGKILL)
        said = 1 + len(child.stdout.read().split())
        child.wait()
        opened = again(ring)
        assert opened.keys_for("bikes") == keys
        assert all(opened.versions(f"k{int(wait * 1000)}-{n}") for n in range(said))


STOPPED = """
import os, sys
from pathlib import Path
from serving_export.titles import keys, master_key
ring = keys.KeyRing.open(Path(sys.argv[1]), bytes(range(32)))
keys.append_line = lambda *_: None
os.fsync = lambda _: os._exit(9)
ring.rotate("bikes")
"""


def test_a_kill_before_the_bytes_are_on_the_disk_leaves_the_old_ring(ring: KeyRing) -> None:
    keys = ring.keys_for("bikes")
    ended = subprocess.run([sys.executable, "-c", STOPPED, str(ring.folder)], check=False)
    assert ended.returncode == 9
    assert again(ring).keys_for("bikes") == keys
    assert ring.rotate("bikes").version == 2  # half a file in the way stops nobody


@settings(max_examples=15)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["get", "rotate", "drop"]), st.sampled_from("ab"), st.integers(1, 3)
        ),
        max_size=12,
    )
)
def test_whatever_is_done_no_key_is_given_twice_and_none_that_is_kept_changes(
    steps: list[tuple[str, str, int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ring = KeyRing.open(Path(folder), MASTER)
        held: dict[tuple[str, int], KeySet] = {}
        for what, title, version in steps:
            current = max((v for t, v in held if t == title), default=0)
            if what == "get":
                held[title, current or 1] = ring.keys_for(title)
            elif what == "rotate" and current:
                held[title, current + 1] = ring.rotate(title)
            elif what == "drop" and (title, version) in held and version != current:
                ring.drop(title, version)
                del held[title, version]
        fresh = KeyRing.open(Path(folder), MASTER)
        for (title, version), keys in held.items():
            assert fresh.key_set(title, version, "test") == keys
        ids = [key.id for keys in held.values() for key in keys.keys.values()]
        assert len(set(ids)) == len(ids)
