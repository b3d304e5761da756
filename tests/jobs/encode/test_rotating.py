"""Fresh keys are put on the very files that a title was made of, whatever became of all else."""

from __future__ import annotations

import shutil
import sys
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from jobs.encode import tools
from jobs.encode.assembly import key_ring
from jobs.encode.packing import RenditionsGone, files_of
from jobs.encode.publish import rollback
from jobs.encode.receipt import read_receipt
from jobs.encode.rotating import rotate
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from serving_export.titles.layout import is_whole

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jobs.encode.made_night import Night

pytestmark = pytest.mark.slow


@pytest.fixture
def lake(made: Night, tmp_path: Path) -> Lake:
    """A copy of the night that may be spoilt."""
    shutil.copytree(made.settings.var, tmp_path / "var")
    return Lake(Settings(var=str(tmp_path / "var")))


def rotated(lake: Lake) -> dict[str, object]:
    rotate(lake, "clip", Console(file=StringIO()))
    return read_receipt(lake.settings, "clip")


def test_other_tools_and_a_lost_master_make_no_rotation_encode(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # every recipe hashes the versions of the tools, so that each would name another file now
    others = {name: f"{version}-next" for name, version in tools.versions().items()}
    for name, module in list(sys.modules.items()):
        if name.startswith("jobs.encode") and hasattr(module, "versions"):
            monkeypatch.setattr(module, "versions", lambda: others)
    before = read_receipt(lake.settings, "clip")
    shutil.rmtree(lake.settings.at("titles", "masters"))
    work = lake.settings.at("titles", "work", "clip")
    kept = files_of(before)
    for path in work.iterdir():
        if path.is_file() and path.name not in kept:
            path.unlink()

    after = rotated(lake)
    assert {path.name for path in work.glob("*.mp4")} == {n for n in kept if n.endswith(".mp4")}
    assert after["packets_sha256"] == before["packets_sha256"]
    assert set(after["key_ids"].values()).isdisjoint(before["key_ids"].values())
    assert [row for row in after["steps"] if row["step"] == "encode"] == [
        row for row in before["steps"] if row["step"] == "encode"
    ]
    (packaging,) = (row for row in after["steps"] if row["step"] == "package")
    assert packaging not in before["steps"]
    published = lake.settings.at("titles", "published", "clip")
    assert all(is_whole(published / told["version"]) for told in (before, after))
    pictures = {file.name for file in (published / before["version"]).glob("worst-frames/*")}
    assert {f.name for f in (published / after["version"]).glob("worst-frames/*")} == pictures
    assert after["version"] in lake.settings.at("report", "titles", "clip.html").read_text()


@pytest.mark.parametrize("how", ["gone", "altered"])
def test_a_rotation_that_would_have_to_encode_is_refused(lake: Lake, how: str) -> None:
    before = read_receipt(lake.settings, "clip")
    file = lake.settings.at("titles", "work", "clip", before["ladder"][0]["file"])
    content = file.read_bytes()
    file.unlink()
    if how == "altered":
        file.write_bytes(content[:-1] + b"X")
    with pytest.raises(RenditionsGone, match=f"{file.name}; marquee encode FILE --title clip"):
        rotated(lake)
    assert read_receipt(lake.settings, "clip") == before
    assert key_ring(lake.settings).versions("clip") == (1,)


def test_a_rotation_after_a_rollback_makes_keys_that_nobody_had(lake: Lake) -> None:
    # what was rolled back from was published, so its keys may have been given out
    second = rotated(lake)
    rollback(lake.settings.at("titles", "published"), "clip")
    third = rotated(lake)
    assert (second["key_version"], third["key_version"]) == (2, 3)
