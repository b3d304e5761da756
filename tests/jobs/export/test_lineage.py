"""The stamp names the code that made the pages, also where that was never committed."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from jobs.export.lineage import code

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    owner = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    return subprocess.run(
        ["git", "-C", str(folder), *owner, *arguments], capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one committed module and one ignored ending."""
    git(tmp_path, "init", "-q")
    for file, text in (("jobs/export/a.py", "A = 1\n"), (".gitignore", "*.log\n")):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def told(project: Path) -> str:
    """The code, asked as the job asks: from the folder of its module."""
    return code(project / "jobs" / "export")


def test_what_is_committed_is_its_commit(project: Path) -> None:
    assert told(project) == git(project, "rev-parse", "HEAD").strip()
    assert told(project) == code(project)


@pytest.mark.parametrize("file", ["jobs/new.py", "dags/new.py", "models/a b/é.json"])
def test_a_file_that_was_never_added_is_code_like_any_other(project: Path, file: str) -> None:
    # the pages of a job whose new module is not added yet would bear the stamp of the old ones
    committed = told(project)
    stamps = []
    for text in ("A = 1\n", "A = 2\n"):
        (project / file).parent.mkdir(parents=True, exist_ok=True)
        (project / file).write_text(text)
        stamps.append(told(project))
    assert len({committed, *stamps}) == 3
    assert all(re.fullmatch(rf"{committed}\+[0-9a-f]{{12}}", stamp) for stamp in stamps)
    # by its name and content alone, not by when or in which order it was written
    again = project / file
    again.unlink()
    again.write_text("A = 2\n")
    assert told(project) == stamps[1]
    again.rename(again.with_name("renamed.py"))
    assert told(project) not in stamps


@pytest.mark.parametrize("file", ["notes.txt", "var/lake/x.parquet", "jobs/night.log"])
def test_what_is_no_code_or_ignored_changes_no_stamp(project: Path, file: str) -> None:
    committed = told(project)
    (project / file).parent.mkdir(parents=True, exist_ok=True)
    (project / file).write_text("made while it ran\n")
    assert told(project) == committed


def test_a_change_of_a_known_file_counts_as_before(project: Path) -> None:
    committed = told(project)
    (project / "jobs" / "export" / "a.py").write_text("A = 2\n")
    assert told(project).startswith(f"{committed}+")
