"""An app installs the reader alone: no Spark, no TensorFlow, no Airflow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def run(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command of a fresh environment that holds '.[reader]' and nothing else."""
    place = tmp_path_factory.mktemp("reader")
    python = place / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", place / "venv"], check=True)
    source = place / "source"
    # built from a copy: a build leaves its traces beside the source
    ignored = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
    ).stdout.split(b"\0")
    for listed in filter(None, ignored):
        file = Path(listed.decode())
        if (ROOT / file).is_file():
            (source / file).parent.mkdir(parents=True, exist_ok=True)
            (source / file).write_bytes((ROOT / file).read_bytes())
    subprocess.run([python, "-m", "pip", "install", "-q", f"{source}[reader]"], check=True)

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, *arguments], capture_output=True, text=True, check=False, cwd=place
        )

    return call


@pytest.mark.service
def test_the_reader_needs_no_engine(
    run: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    listed = run("-m", "pip", "list", "--format", "freeze").stdout.lower()
    for engine in ("pyspark", "tensorflow", "apache-airflow", "mlflow", "numpy", "pyarrow"):
        assert f"\n{engine}==" not in f"\n{listed}"
    assert run("-c", "from serving_export.reader import Pages").returncode == 0


@pytest.mark.service
def test_a_command_that_needs_more_names_the_extra(
    run: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    for words in (
        "job features.build_features --night 2026-01-10", "check silver.events --night 2026-01-10",
        "night", "ui", "report", "evaluate --interactions plays.csv", "import-titles titles.csv",
        "backfill events_daily 2026-01-10 2026-01-10", "import-movielens",
    ):  # fmt: skip
        done = run("-m", "jobs", *words.split())
        assert done.returncode == 2, words
        # as the README installs the reader: no index offers the project by its name
        assert "run pip install '.[pipeline]' in the folder of the project" in done.stderr, words
        assert "Traceback" not in done.stderr
    assert run("-m", "jobs", "page", "--help").returncode == 0
