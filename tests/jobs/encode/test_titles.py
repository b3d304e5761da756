"""A night of titles as its DAG runs it, and the same title by one command: wholly or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from expectations.check import check
from jobs.encode import (
    choose_ladders,
    find_shots,
    ingest_masters,
    publish_titles,
)
from jobs.encode.assembly import Assembly, key_ring
from jobs.encode.order import Order, ordered, place
from jobs.encode.production import Production
from jobs.encode.receipt import read_receipt
from jobs.encode.rotating import NothingToRotate, rotate
from jobs.encode.run import make, make_one
from jobs.encode.show import listed
from jobs.encode.taking_in import NotMade
from jobs.encode.verify import verify
from lakehouse.catalog import MASTERS, PLAYABLE_TITLES, PROBES, RENDITIONS, SHOTS, TITLE_TABLES
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from models.tracking import Tracking
from serving_export.titles.layout import is_whole, read_live
from tests.jobs.encode.made_night import NIGHT, copy_of

if TYPE_CHECKING:
    from tests.jobs.encode.made_night import Night

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROOT = Path(__file__).resolve().parents[3]


def test_a_film_plays_and_what_only_claims_to_be_one_is_set_aside(made: Night) -> None:
    told = {row["title_id"]: row for row in made.rows(MASTERS)}
    assert told["clip"]["state"] == "accepted"
    assert (told["clip"]["width"], told["clip"]["frames"]) == (320, 36)
    assert told["text"]["state"] == "refused"
    assert told["text"]["reason"] == ordered(made.settings, "text").refused != ""
    assert [row["title_id"] for row in made.rows(PLAYABLE_TITLES)] == ["clip"]
    live = read_live(made.settings.at("titles", "published"), "clip")
    assert live is not None
    assert is_whole(made.settings.at("titles", "published", "clip", live.version))


def test_every_table_of_the_night_passes_its_check(made: Night) -> None:
    found = check(made.lake, list(TITLE_TABLES), NIGHT)
    assert {result.verdict for result in found} <= {"passed", "warned"}
    assert len(made.rows(SHOTS)) == 2
    assert {row["crf"] for row in made.rows(PROBES)} == {22.0, 30.0, 38.0}


def test_keys_name_the_parts_of_a_title(made: Night) -> None:
    assert all(key.startswith("clip/h264/") for key in made.probes)
    assert [key.removeprefix("clip/") for key in made.rungs] == [
        row["rendition"] for row in sorted(made.rows(RENDITIONS), key=lambda row: row["kbps"])
    ]


def test_mlflow_has_a_run_of_the_version(made: Night) -> None:
    (run,) = Tracking(made.settings).past_runs("titles")
    assert run.tags["version"] == read_receipt(made.settings, "clip")["version"]
    assert run.metrics["top_vmaf"] >= 95


def test_running_the_night_again_makes_nothing_anew(made: Night) -> None:
    before = {
        path: path.stat().st_mtime_ns
        for path in made.settings.at("titles", "work").rglob("*")
        if path.is_file() and "locks" not in path.parts
    }
    rows = {table.name: made.rows(table) for table in TITLE_TABLES}
    ingest_masters.main(made.lake, NIGHT)
    assert find_shots.main(made.lake, NIGHT) == made.probes
    assert choose_ladders.main(made.lake, NIGHT) == made.rungs
    publish_titles.main(made.lake, NIGHT)
    assert {table.name: made.rows(table) for table in TITLE_TABLES} == rows
    assert all(path.stat().st_mtime_ns == at for path, at in before.items())
    assert len(Tracking(made.settings).past_runs("titles")) == 1


def test_a_night_without_orders_is_valid(made: Night) -> None:
    empty = date(2026, 1, 11)
    ingest_masters.main(made.lake, empty)
    assert find_shots.main(made.lake, empty) == []
    assert choose_ladders.main(made.lake, empty) == []
    publish_titles.main(made.lake, empty)
    assert {result.verdict for result in check(made.lake, list(TITLE_TABLES), empty)} == {"passed"}


def test_titles_are_listed_with_their_state_and_reason(made: Night) -> None:
    told = {one["title"]: one for one in listed(made.settings)}
    assert told["clip"]["state"] == "plays"
    assert told["text"]["state"] == "refused"
    assert told["text"]["why"]


def test_fresh_keys_make_a_version_and_encode_nothing(made: Night, tmp_path: Path) -> None:
    lake = Lake(copy_of(made.settings, tmp_path / "var"))
    videos = sorted(lake.settings.at("titles", "work", "clip").glob("video-*.mp4"))
    before, order = read_receipt(lake.settings, "clip"), ordered(lake.settings, "clip")
    # what was ordered since is not what plays, and a rotation packages what plays
    since = replace(order, codecs=("av1",), protect="none", target_vmaf=60, refused="It burnt.")
    place(lake.settings, since)
    rotate(lake, "clip", Console(file=StringIO()))
    after = read_receipt(lake.settings, "clip")
    assert (before["key_version"], after["key_version"]) == (1, 2)
    assert set(before["key_ids"].values()).isdisjoint(after["key_ids"].values())
    assert sorted(lake.settings.at("titles", "work", "clip").glob("video-*.mp4")) == videos
    # who watches the version before watches on: its files open with its keys, to the same packets
    streams = Assembly(Production(lake.settings, order)).streams
    ring, published = key_ring(lake.settings), lake.settings.at("titles", "published", "clip")
    packets = [
        verify(published / told["version"], streams, ring.key_set("clip", version, "test"))
        for told, version in ((before, 1), (after, 2))
    ]
    assert packets[0]["packets_sha256"] == packets[1]["packets_sha256"]
    assert ordered(lake.settings, "clip") == since
    (told,) = [one for one in listed(lake.settings) if one["title"] == "clip"]
    assert (told["state"], told["later"], told["why"]) == ("plays", "refused", "It burnt.")


def test_a_clear_title_by_one_command_and_after_a_kill(made: Night, tmp_path: Path) -> None:
    words = [
        sys.executable, "-m", "jobs", "encode", str(made.clip), "--protect", "none",
        "--night", str(NIGHT),
    ]  # fmt: skip
    lake = Lake(Settings(var=str(tmp_path / "var")))
    environment = {"MARQUEE_VAR": lake.settings.var, "PATH": "/usr/bin:/bin"}
    victim = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    work = lake.settings.at("titles", "work", "clip")
    while victim.poll() is None and not list(work.glob("probe-*.json")):
        time.sleep(0.02)
    assert victim.returncode is None
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    assert read_live(lake.settings.at("titles", "published"), "clip") is None  # not at all
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    receipt, whole = read_receipt(lake.settings, "clip"), read_receipt(made.settings, "clip")
    # the same bytes as those of a title whose making nobody disturbed
    assert [r["sha256"] for r in receipt["ladder"]] == [r["sha256"] for r in whole["ladder"]]
    assert receipt["key_version"] is None
    with pytest.raises(NothingToRotate, match="is not protected"):
        rotate(lake, "clip", Console(file=StringIO()))


def test_a_refused_master_ends_the_command_with_its_reason(made: Night, tmp_path: Path) -> None:
    lake = Lake(Settings(var=str(tmp_path)))
    order = Order("text", str(made.clip.with_name("text.mp4")), str(NIGHT))
    # by the name it was delivered under, not by the hash under which it is kept
    with pytest.raises(NotMade, match=r"Title text was set aside.* text\.mp4 cannot be encoded"):
        make(lake, [order], False, Console(file=StringIO()))
    assert [row["state"] for row in lake.arrow(MASTERS, NIGHT).to_pylist()] == ["refused"]


def test_a_gate_that_refuses_leaves_what_played(
    made: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(copy_of(made.settings, tmp_path / "var"))
    before = read_receipt(lake.settings, "clip")["version"]
    monkeypatch.setattr("jobs.encode.gate.verdict", lambda *_: ("its mean of 60.0 is below 90.0",))
    with pytest.raises(Exception, match=r"because its lowest rung h264-.* and its top rung h264-"):
        make_one(lake, ordered(lake.settings, "clip"), Console(file=StringIO()))
    assert read_receipt(lake.settings, "clip")["version"] == before
    assert listed(lake.settings)[0]["state"] == "plays"
    assert "does not become playable" in listed(lake.settings)[0]["why"]
