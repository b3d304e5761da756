"""A file of the workshop is made once, whole, and found again by what it is made of."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from jobs.encode.workshop import Unmade, Workshop, hash_of, sha256_of

RECIPE = {"from": "a", "crf": 22}


def written(text: str, calls: list[str]) -> Any:
    def produce(part: Path) -> dict[str, Any]:
        calls.append(text)
        part.write_text(text)
        return {"cpu_seconds": 1.5, "size": (640, 272)}

    return produce


def test_the_same_recipe_is_made_once_and_says_the_same_facts(tmp_path: Path) -> None:
    calls: list[str] = []
    work = Workshop(tmp_path)
    first = work.make("video", ".mp4", RECIPE, written("x", calls))
    again = Workshop(tmp_path).make("video", ".mp4", RECIPE, written("y", calls))
    assert calls == ["x"]
    assert again == first  # a tuple comes back as JSON has it, the first time too
    assert first.path.read_text() == "x"
    assert first.sha256 == sha256_of(first.path)


def test_a_workshop_that_makes_none_gives_only_what_is_there(tmp_path: Path) -> None:
    """The time left is reckoned by asking so: it had made the whole title one part after the other."""
    calls: list[str] = []
    looks = Workshop(tmp_path, makes=False)
    with pytest.raises(Unmade):
        looks.make("video", ".mp4", RECIPE, written("x", calls))
    assert not calls
    there = Workshop(tmp_path).make("video", ".mp4", RECIPE, written("x", calls))
    assert looks.make("video", ".mp4", RECIPE, written("y", calls)) == there


def test_another_recipe_is_another_file(tmp_path: Path) -> None:
    work = Workshop(tmp_path)
    first = work.make("video", ".mp4", RECIPE, written("x", []))
    other = work.make("video", ".mp4", RECIPE | {"crf": 23}, written("x", []))
    assert first.path != other.path
    assert hash_of({"a": 1, "b": 2}) == hash_of({"b": 2, "a": 1})  # order says nothing


def test_what_a_kill_left_does_not_count(tmp_path: Path) -> None:
    # killed while writing, and killed between the file and its note
    work, name = Workshop(tmp_path), f"video-{hash_of(RECIPE)}.mp4"
    (tmp_path / f".part-{name}").write_text("half")
    (tmp_path / name).write_text("no note")
    made = work.make("video", ".mp4", RECIPE, written("whole", []))
    assert made.path.read_text() == "whole"
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == [name, f"{name}.json"]


def test_a_note_whose_file_is_gone_does_not_count(tmp_path: Path) -> None:
    # as one stands that a kill left while its file was removed: it told of a file that was not there
    work = Workshop(tmp_path)
    work.make("video", ".mp4", RECIPE, written("x", [])).path.unlink()
    with pytest.raises(Unmade):
        Workshop(tmp_path, makes=False).make("video", ".mp4", RECIPE, written("y", []))
    made = work.make("video", ".mp4", RECIPE, written("again", []))
    assert made.sha256 == sha256_of(made.path)
    assert made.path.read_text() == "again"


def test_an_old_note_does_not_stand_beside_a_new_file(tmp_path: Path) -> None:
    """A kill between the two would leave one that tells of other bytes."""
    work = Workshop(tmp_path)
    made = work.make("video", ".mp4", RECIPE, written("x", []))
    made.path.unlink()

    def looks(part: Path) -> dict[str, Any]:
        assert not Path(f"{made.path}.json").exists()
        part.write_text("again")
        return {}

    work.make("video", ".mp4", RECIPE, looks)


def test_a_failure_leaves_nothing_that_counts(tmp_path: Path) -> None:
    def fails(part: Path) -> dict[str, Any]:
        part.write_text("half")
        raise RuntimeError("no encoder")

    work = Workshop(tmp_path)
    with pytest.raises(RuntimeError, match="no encoder"):
        work.make("video", ".mp4", RECIPE, fails)
    assert work.make("video", ".mp4", RECIPE, written("whole", [])).path.read_text() == "whole"


def test_a_folder_is_made_and_hashed_like_a_file(tmp_path: Path) -> None:
    def folder(part: Path) -> dict[str, Any]:
        (part / "deep").mkdir(parents=True)
        (part / "deep" / "a").write_text("x")
        return {}

    made = Workshop(tmp_path).make("package", "", RECIPE, folder)
    before = made.sha256
    (made.path / "deep" / "a").rename(made.path / "deep" / "b")
    assert sha256_of(made.path) != before  # names count, not bytes alone


def test_the_hash_of_a_folder_never_changes(tmp_path: Path) -> None:
    """Recorded: it stands in recipes and names versions, so another would be all work anew. Names
    that sort otherwise as text than as paths are among these."""
    for name in ("a/b/1", "a/b.c", "a.b", "a-b/2", "a b", "B", "a/B"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "empty").mkdir()
    assert sha256_of(tmp_path) == (
        "c51fab7a97c5ff61397d20b5c7ff84156006436e5e8d109098056c177cf0d0ef"
    )


def test_two_that_want_one_file_wait_for_each_other(tmp_path: Path) -> None:
    calls: list[str] = []
    both = threading.Barrier(2)

    def ask() -> None:
        both.wait()
        Workshop(tmp_path).make("video", ".mp4", RECIPE, written("x", calls))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == ["x"]


def test_the_note_says_what_it_was_made_of(tmp_path: Path) -> None:
    made = Workshop(tmp_path).make("video", ".mp4", RECIPE, written("x", []))
    said = json.loads(Path(f"{made.path}.json").read_text())
    assert said["recipe"] == RECIPE


HALF = """
import sys
from pathlib import Path
from jobs.encode.workshop import Workshop
def produce(part):
    for half in (part, part.with_name(part.name + ".txt")):
        half.write_text("half")
    print("half", flush=True)
    sys.stdin.readline()
    return {}
Workshop(Path(sys.argv[1])).make("video", ".mp4", {"crf": sys.argv[2]}, produce)
"""


def test_the_next_maker_removes_the_halves_of_those_who_were_killed_alone(tmp_path: Path) -> None:
    """What a kill left of a recipe that nobody asks for again had lain there for good."""
    killed, lives = (
        subprocess.Popen(
            [sys.executable, "-c", HALF, tmp_path, crf], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for crf in ("20", "30")
    )  # fmt: skip
    for one in (killed, lives):
        assert one.stdout is not None
        assert one.stdout.readline() == "half\n"
    killed.kill()
    killed.wait()
    (tmp_path / f".video-{hash_of({'crf': '20'})}.mp4.json.7.part").write_text("half a note")
    assert len(list(tmp_path.glob(".*"))) == 5

    Workshop(tmp_path).make("video", ".mp4", RECIPE, written("x", []))
    whose = f".part-video-{hash_of({'crf': '30'})}.mp4"
    assert sorted(path.name for path in tmp_path.glob(".*")) == [whose, f"{whose}.txt"]
    lives.communicate("go on\n", timeout=60)
    assert lives.returncode == 0
    assert (tmp_path / whose.removeprefix(".part-")).read_text() == "half"
