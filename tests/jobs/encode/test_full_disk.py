"""A disk that is full while a tool writes is one sentence, blames no film, and costs nothing made."""

from __future__ import annotations

import resource
import shutil
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from jobs.encode.order import Order, ordered, place
from jobs.encode.receipt import read_receipt
from jobs.encode.run import make_one
from jobs.encode.taking_in import taken_in
from lakehouse import faults
from lakehouse.errors import NoSpace
from lakehouse.tables import Lake
from tests.jobs.encode.made_night import copy_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lakehouse.settings import Settings
    from tests.jobs.encode.made_night import Night

LARGEST = {
    "scan": 2_000, "probe": 30_000, "video": 30_000, "vmaf": 5_000, "audio": 30_000, "worst": 9_000,
    "package": 30_000, "verify": 30_000, "publish": 30_000,
}  # fmt: skip
"""Step to how large a file may be, in bytes, so that what it writes does not fit and the rest does."""


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Let the kernel refuse, to us and to the tools we start, what makes a file larger than this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def make(lake: Lake) -> None:
    make_one(lake, ordered(lake.settings, "clip"), Console(file=StringIO()))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_disk_that_fills_up_in_any_step_sets_no_title_aside(made: Night, tmp_path: Path) -> None:
    lake = Lake(copy_of(made.settings, tmp_path / "var"))
    published, work = (lake.settings.at("titles", kind, "clip") for kind in ("published", "work"))
    for step, size in LARGEST.items():
        place(lake.settings, made.order)  # to be taken in again
        aside = tmp_path / step
        aside.mkdir()
        gone = [published] if step == "publish" else list(work.glob(f"{step}-*"))
        for path in gone:
            path.rename(aside / path.name)
        with no_file_beyond(size), pytest.raises((NoSpace, OSError)) as error:
            make(lake)
        assert isinstance(faults.named(error.value) or error.value, NoSpace), (
            step
        )  # as commands say it
        assert not list(work.glob(f"{step}-*.json")), step  # nothing that counts was made there
        assert not list(published.glob(".part-*")), (
            step
        )  # nor is there half a version to fill the disk
        assert not ordered(lake.settings, "clip").refused, step
        for path in gone:
            shutil.rmtree(path, ignore_errors=True)
            (aside / path.name).rename(path)
    before = read_receipt(lake.settings, "clip")
    make(lake)
    assert read_receipt(lake.settings, "clip") == before


def test_a_master_that_does_not_fit_is_not_refused(settings: Settings, tmp_path: Path) -> None:
    master = tmp_path / "clip.mp4"
    master.write_bytes(bytes(5_000))
    order = Order("clip", str(master), "2026-01-10")
    place(settings, order)
    with no_file_beyond(1_000), pytest.raises(OSError, match="File too large") as error:
        taken_in(settings, order)
    assert isinstance(faults.named(error.value), NoSpace)  # which is how commands say it
    assert ordered(settings, "clip") == order
