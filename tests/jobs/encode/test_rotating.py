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
from serving_export.titles.layout import is_whole

if TYPE_CHECKING:
    from lakehouse.tables import Lake

pytestmark = pytest.mark.slow


def rotated(lake: Lake) -> dict[str, object]:
    rotate(lake, "clip", Console(file=StringIO()))
    return read_receipt(lake.settings, "clip")


def test_other_tools_and_a_lost_master_make_no_rotation_encode(
    spoilt: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # every recipe hashes the versions of the tools, so that each would name another file now
    others = {name: f"{version}-next" for name, version in tools.versions().items()}
    for name, module in list(sys.modules.items()):
        if name.startswith("jobs.encode") and hasattr(module, "versions"):
            monkeypatch.setattr(module, "versions", lambda: others)
    before = read_receipt(spoilt.settings, "clip")
    shutil.rmtree(spoilt.settings.at("titles", "masters"))
    work = spoilt.settings.at("titles", "work", "clip")
    kept = files_of(before)
    for path in work.iterdir():
        if path.is_file() and path.name not in kept:
            path.unlink()

    after = rotated(spoilt)
    assert {path.name for path in work.glob("*.mp4")} == {n for n in kept if n.endswith(".mp4")}
    assert after["packets_sha256"] == before["packets_sha256"]
    assert set(after["key_ids"].values()).isdisjoint(before["key_ids"].values())
    assert [row for row in after["steps"] if row["step"] == "encode"] == [
        row for row in before["steps"] if row["step"] == "encode"
    ]
    (packaging,) = (row for row in after["steps"] if row["step"] == "package")
    assert packaging not in before["steps"]
    published = spoilt.settings.at("titles", "published", "clip")
    assert all(is_whole(published / told["version"]) for told in (before, after))
    pictures = {file.name for file in (published / before["version"]).glob("worst-frames/*")}
    assert {f.name for f in (published / after["version"]).glob("worst-frames/*")} == pictures
    assert after["version"] in spoilt.settings.at("report", "titles", "clip.html").read_text()


@pytest.mark.parametrize("how", ["gone", "altered"])
def test_a_rotation_that_would_have_to_encode_is_refused(spoilt: Lake, how: str) -> None:
    before = read_receipt(spoilt.settings, "clip")
    file = spoilt.settings.at("titles", "work", "clip", before["ladder"][0]["file"])
    content = file.read_bytes()
    file.unlink()
    if how == "altered":
        file.write_bytes(content[:-1] + b"X")
    with pytest.raises(RenditionsGone, match=f"{file.name}; marquee encode FILE --title clip"):
        rotated(spoilt)
    assert read_receipt(spoilt.settings, "clip") == before
    assert key_ring(spoilt.settings).versions("clip") == (1,)


def test_a_rotation_after_a_rollback_makes_keys_that_nobody_had(spoilt: Lake) -> None:
    # what was rolled back from was published, so its keys may have been given out
    second = rotated(spoilt)
    rollback(spoilt.settings.at("titles", "published"), "clip")
    third = rotated(spoilt)
    assert (second["key_version"], third["key_version"]) == (2, 3)
