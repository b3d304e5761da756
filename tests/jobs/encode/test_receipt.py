"""A receipt tells how each part of a title was chosen, what came and by which calls, and so does explain."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import shutil
import subprocess
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from jobs.encode import tools
from jobs.encode.assembly import Assembly, key_ring
from jobs.encode.explain import UnknownRung, explained
from jobs.encode.order import ordered
from jobs.encode.production import Production
from jobs.encode.receipt import as_json, read_receipt, receipt_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jobs.encode.made_night import Night

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_the_receipt_tells_how_each_rendition_was_chosen_and_what_it_scored(made: Night) -> None:
    receipt = read_receipt(made.settings, "clip")
    assert receipt["shots"][0]["seconds"] + receipt["shots"][1]["seconds"] == pytest.approx(3)
    top = receipt["ladder"][-1]
    assert top["ships"]
    assert top["vmaf"] >= 95
    assert abs(top["vmaf"] - top["vmaf_predicted"]) < 3
    assert top["attempts"][-1]["mean"] == top["vmaf"]
    assert receipt["captions"][0]["language"] == "en"
    assert receipt["audio"][0]["loudness"] == pytest.approx(-23, abs=1)
    assert set(receipt["key_ids"]) == {"SD", "HD", "AUDIO"}
    # no place of this machine, and no key
    text = json.dumps(receipt)
    assert str(made.settings.var) not in text
    assert not re.search(r'"[^"]*(/tmp|/proc|/root|/home|/usr)/', text)
    ring = key_ring(made.settings).key_set("clip", receipt["key_version"], "test")
    assert not any(key.value.hex() in text for key in ring.keys.values())
    report = made.settings.at("report", "titles", "clip.html").read_text()
    assert "It plays, version" in report
    assert "http" not in report.replace("http://www.w3.org", "")
    shipped = [rung for rung in receipt["ladder"] if rung["ships"]]
    # the worst frame of each shot in the top rung, and of each rung
    assert report.count("data:image/jpeg;base64,") == 2 + len(shipped)


def test_the_receipt_has_every_command_and_its_time_by_step(made: Night) -> None:
    receipt = read_receipt(made.settings, "clip")
    assert list(receipt["cpu_seconds"]) == [
        "scan", "probes", "encode", "gate", "sound", "thumbnails", "package", "verify", "worst frames"
    ]  # fmt: skip
    for step, spent in receipt["cpu_seconds"].items():
        rows = [row for row in receipt["steps"] if row["step"] == step]
        assert spent == pytest.approx(sum(row["cpu_seconds"] for row in rows))
        assert all(row["commands"] for row in rows)
    work = made.settings.at("titles", "work", "clip")
    assert all((work / row["file"]).exists() for row in receipt["steps"])
    of = {step: [c for row in receipt["steps"] if row["step"] == step for c in row["commands"]]
          for step in receipt["cpu_seconds"]}  # fmt: skip
    assert ["ffprobe" in {command[0] for command in of[step]} for step in ("scan", "encode")] == [
        True
    ] * 2
    assert any("loudnorm" in word for command in of["sound"] for word in command)
    assert (
        len(of["sound"]) >= 4
    )  # measured, brought to the target, its packets read, measured again
    assert len(of["gate"]) == sum(len(rung["attempts"]) for rung in receipt["ladder"])
    assert "--flagfile=IN_MEMORY" in of["package"][0]
    assert len(of["verify"]) >= 2 * len(receipt["packets_sha256"])  # as encoded, and as packaged
    for rung in receipt["ladder"]:
        assert rung["file"] in rung["files"]
        assert set(rung["files"]) <= {row["file"] for row in receipt["steps"]}


def test_a_command_of_the_receipt_gives_its_file_again(made: Night, tmp_path: Path) -> None:
    # words, order and paths are those that ran: called from a copy of the work folder they do it again
    receipt = read_receipt(made.settings, "clip")
    shutil.copytree(made.settings.at("titles", "work", "clip"), tmp_path / "work" / "clip")
    shutil.copytree(made.settings.at("titles", "masters"), tmp_path / "masters")
    (row,) = (row for row in receipt["steps"] if row["file"] == receipt["ladder"][0]["file"])
    (tmp_path / "work" / "clip" / row["file"]).unlink()
    program, *words = row["commands"][0]
    subprocess.run([tools.programs()[program], *words], cwd=tmp_path / "work" / "clip", check=True)
    found = (tmp_path / "work" / "clip" / row["file"]).read_bytes()
    assert hashlib.sha256(found).hexdigest() == receipt["ladder"][0]["sha256"]


def test_worst_frames_lie_beside_the_version_as_pictures(made: Night) -> None:
    receipt = read_receipt(made.settings, "clip")
    version = made.settings.at("titles", "published", "clip", receipt["version"])
    told = [shot["worst_frame"] for shot in receipt["shots"]]
    told += [rung["worst_frame"] for rung in receipt["ladder"] if rung["ships"]]
    for one in told:
        content = (version / one["file"]).read_bytes()
        assert content.startswith(b"\xff\xd8")  # a JPEG
        assert hashlib.sha256(content).hexdigest() == one["sha256"]
    top = next(rung for rung in receipt["ladder"] if rung["name"] == receipt["shots_in"])
    assert top["worst_frame"] == min(told[:2], key=lambda one: one["vmaf"])
    for shot in receipt["shots"]:
        assert shot["worst_frame"]["vmaf"] <= shot["vmaf"]
        frame = shot["worst_frame"]["frame"] / 12
        assert shot["first_second"] <= frame < shot["first_second"] + shot["seconds"]


def test_the_page_has_its_part_of_the_receipt(made: Night) -> None:
    receipt = read_receipt(made.settings, "clip")
    version = made.settings.at("titles", "published", "clip", receipt["version"])
    panel = json.loads((version / "panel.json").read_text())
    assert set(panel) == {"codecs", "shots", "front", "fixed", "ladder"}
    assert all(receipt[part] == told for part, told in panel.items())


def test_a_resumed_run_tells_the_same_commands(made: Night) -> None:
    lake = made.lake
    assembly = Assembly(Production(lake.settings, ordered(lake.settings, "clip")))
    keys = assembly.keys()
    before = read_receipt(lake.settings, "clip")
    again = receipt_of(assembly, assembly.packaged(keys), keys, before["version"])
    assert json.loads(as_json(again)) == before


def test_explain_tells_every_field_of_the_receipt(made: Night) -> None:
    receipt = read_receipt(made.settings, "clip")
    told = StringIO()
    explained(made.settings, "clip", "240p", Console(file=told, width=200))
    said = told.getvalue()
    top = receipt["ladder"][-1]
    due = [
        receipt["master"]["sha256"], *receipt["said"], *receipt["key_ids"].values(),
        *receipt["tools"].values(), *receipt["cpu_seconds"], top["vmaf_model"], top["sha256"],
        *(shot["worst_frame"]["file"] for shot in receipt["shots"]), top["worst_frame"]["file"],
        *(rung["name"] for rung in (*receipt["ladder"], *receipt["fixed"])),
        *(f"{rung['vmaf_predicted']:.1f}" for rung in receipt["ladder"]),
        *(f"{probe['vmaf']:.1f}" for probe in receipt["probes"]), "is the best size from",
        f"{receipt['audio'][0]['loudness']:.1f}", "Captions: en",
        *(row["file"] for row in receipt["steps"]),
        *(shlex.join(command) for row in receipt["steps"] for command in row["commands"]),
    ]  # fmt: skip
    assert [one for one in due if one not in said] == []


def test_explain_tells_of_one_rung_alone(made: Night) -> None:
    receipt = read_receipt(made.settings, "clip")
    told = StringIO()
    lowest, top = receipt["ladder"][0], receipt["ladder"][-1]
    explained(made.settings, "clip", lowest["name"], Console(file=told, width=200))
    assert lowest["file"] in told.getvalue()
    assert top["file"] not in told.getvalue().split("Commands")[1]
    with pytest.raises(UnknownRung, match="has no rung '4320p'"):
        explained(made.settings, "clip", "4320p", Console(file=told))
