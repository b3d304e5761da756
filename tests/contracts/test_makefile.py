"""The Makefile offers what the README promises, and cleans up what was made and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROMISED = {
    "night", "titles", "test", "test-quick", "check", "ui", "bench", "bench-encode", "report", "clean",
}  # fmt: skip


def make(at: Path, *words: str, **environment: str) -> str:
    """What make prints in a folder."""
    # MAKE: under `make test` a make within make prints which folder it enters
    ours = ("MARQUEE_", "MAKE", "MFLAGS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        ["make", *words, f"PYTHON={sys.executable}"],
        cwd=at, env=kept | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_bare_make_prints_every_target_with_one_line() -> None:
    told = re.findall(r"^  make (\S+) +(\S.*)$", make(ROOT), re.MULTILINE)
    offered = dict(told)
    assert offered.keys() >= PROMISED
    assert len(told) == len(make(ROOT).splitlines())
    (phony,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(phony.split()) - offered.keys() == {"python"}  # a step of others, not a command


def test_what_is_told_to_newcomers_and_to_ci_is_there() -> None:
    for file in ("README.md", ".ci/run", "docker/Dockerfile", "docs/runbook.md"):
        text = (ROOT / file).read_text()
        said = set(re.findall(r"(?:^|`|&& |\b(?:RUN) )make ([a-z-]+)", text, re.MULTILINE))
        assert said <= set(
            re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        )
    assert "make check\nmake test" in (ROOT / ".ci" / "run").read_text()


def test_the_image_is_made_of_what_the_readme_names() -> None:
    image = (ROOT / "docker" / "Dockerfile").read_text()
    made = set(re.findall(r"RUN make ([a-z-]+)", image)) | set(
        re.findall(r'"make", "(.*?)"', image)
    )
    assert made == {"setup", "night"}
    readme = (ROOT / "README.md").read_text()
    assert [name for name in made if f"make {name}" not in readme] == []
    assert image.startswith("# ")
    assert "no engine has built it" in image.splitlines()[0]


def test_clean_removes_what_was_made_wherever_that_lies(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(ROOT / "lakehouse", project / "lakehouse")
    shutil.copy(ROOT / "Makefile", project)
    for made in (project / "var" / "lake", tmp_path / "elsewhere" / "lake", project / ".venv"):
        made.mkdir(parents=True)
    make(project, "clean", MARQUEE_VAR=str(tmp_path / "elsewhere"))
    assert not (tmp_path / "elsewhere").exists()
    assert (project / "var").exists()
    make(project, "clean")
    assert not (project / "var").exists()
    assert {file.name for file in project.iterdir()} == {"Makefile", "lakehouse", ".venv"}
