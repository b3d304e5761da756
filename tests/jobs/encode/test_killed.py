"""A title that is killed at any of its steps goes on to the bytes of one that nobody disturbed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs.encode.order import place
from jobs.encode.receipt import read_receipt
from lakehouse.catalog import MASTERS, PLAYABLE_TITLES, PROBES, RENDITIONS, SHOTS
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from models.tracking import Tracking
from serving_export.titles.layout import is_whole
from tests.jobs.encode.made_night import NIGHT, copy_of

if TYPE_CHECKING:
    from tests.jobs.encode.made_night import Night

    Moments = list[tuple[str, str]]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROOT = Path(__file__).resolve().parents[3]
PUT, OPEN, START = "os.rename", "open", "subprocess.Popen"
HEX = "[0-9a-f]{16}"


def file(kind: str, suffix: str) -> Moments:
    """Before a file of the workshop is in its place, and before the note that makes it count."""
    return [(PUT, rf"/{kind}-{HEX}{suffix} "), (PUT, rf"/{kind}-{HEX}{suffix}\.json ")]


def rows(table: str) -> Moments:
    """Before the lock of a table is taken to write to it."""
    return [(OPEN, rf"/\.{table}\.lock ")]


MOMENTS: dict[str, Moments] = {
    "keeping the master": [(PUT, r"/masters/[0-9a-f]{64}\.mp4 ")],
    "keeping captions": [(PUT, r"/masters/[0-9a-f]{64}\.vtt ")],
    "reading the header": [(START, "ffprobe")],
    "scanning": [(START, "scdet"), *file("scan", r"\.npz")],
    "the order": [(PUT, r"/orders/clip\.json ")],
    "rows of masters": rows("masters"),
    "shots": file("shots", r"\.json"),
    "rows of shots": rows("shots"),
    "probes": [(START, "filter_complex"), *file(r"probe-h264-0-\d+x\d+", r"\.json")],
    "rows of probes": rows("probes"),
    "encoding": [(START, r"\.part-video"), *file(r"video-h264-\d+p", r"\.mp4")],
    "scoring": [(START, "libvmaf"), *file("vmaf", r"\.npy")],
    "rows of renditions": rows("renditions"),
    "sound": [(START, "ebur128"), *file("audio-.*", r"\.mp4")],
    "captions": file("captions-en", r"\.vtt"),
    "thumbnails": [(START, r"\.part-thumbnails"), *file("thumbnails", "")],
    "packaging": [(START, "segment_template"), *file("package", "")],
    "proving": [(OPEN, r"\.part-verify-")],
    "publishing": [(PUT, rf"/published/clip/{HEX} "), (PUT, r"/published/clip/live\.json ")],
    "rows of playable titles": rows("playable_titles"),
    "worst frames": file("worst", ""),
    "the report": [(PUT, r"/report/titles/clip\.html ")],
    "the run in MLflow": [("sqlite3.connect", "mlflow"), (PUT, r"/mlflow/artifacts/.*/receipt\.json ")],
}  # fmt: skip


def survived(lake: Lake, doing: str, moments: Moments) -> Moments:
    """The moments that never came; at each other one a process that made the title was killed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.jobs.encode.killing", lake.settings.var, doing],
        input=json.dumps(moments), cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [(event, pattern) for event, pattern in json.loads(done.stdout)]


def test_a_title_killed_in_each_step_comes_out_the_same(made: Night, tmp_path: Path) -> None:
    lake = Lake(Settings(var=str(tmp_path / "var")))
    # the same keys, since fresh ones would give other bytes
    shutil.copytree(made.settings.at("titles", "keys"), lake.settings.at("titles", "keys"))
    place(lake.settings, made.order)
    moments = [moment for listed in MOMENTS.values() for moment in listed]
    assert survived(lake, "make", moments) == []
    undisturbed = read_receipt(made.settings, "clip")
    receipt = read_receipt(lake.settings, "clip")
    assert receipt["version"] == undisturbed["version"]  # the hash of every byte that plays
    assert receipt["key_ids"] == undisturbed["key_ids"]
    assert is_whole(lake.settings.at("titles", "published", "clip", receipt["version"]))
    for table in (MASTERS, SHOTS, PROBES, RENDITIONS, PLAYABLE_TITLES):
        told = [row for row in made.rows(table) if row["title_id"] == "clip"]
        assert len(lake.arrow(table, NIGHT)) == len(told) > 0
    (run,) = Tracking(lake.settings).past_runs("titles")
    assert run.tags["version"] == receipt["version"]


ROTATION: Moments = [
    (PUT, r"/keys/ring "),
    (START, "segment_template"),
    *file("package", ""),
    (PUT, rf"/published/clip/{HEX} "),
    (PUT, r"/published/clip/live\.json "),
    *rows("playable_titles"),
    (PUT, r"/report/titles/clip\.html "),
    (PUT, r"/mlflow/artifacts/.*/receipt\.json "),
]


def test_a_rotation_killed_in_each_step_goes_on_with_the_keys_it_made(
    made: Night, tmp_path: Path
) -> None:
    lake = Lake(copy_of(made.settings, tmp_path / "var"))
    lake.settings.at("titles", "orders", "text.json").unlink()
    before = read_receipt(lake.settings, "clip")
    videos = sorted(lake.settings.at("titles", "work", "clip").glob("video-*"))
    assert survived(lake, "rotate", ROTATION) == []
    after = read_receipt(lake.settings, "clip")
    assert (before["key_version"], after["key_version"]) == (1, 2)
    assert is_whole(lake.settings.at("titles", "published", "clip", after["version"]))
    assert sorted(lake.settings.at("titles", "work", "clip").glob("video-*")) == videos
    today = datetime.now(UTC).date()
    told = lake.arrow(PLAYABLE_TITLES, today).to_pylist()
    assert {row["version"] for row in told} == {after["version"]}
    told = lake.arrow(PLAYABLE_TITLES, NIGHT).to_pylist()  # as it was known then
    assert {row["version"] for row in told} == {before["version"]}
