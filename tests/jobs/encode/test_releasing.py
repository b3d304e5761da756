"""Nothing is published of a master whose bytes changed while it was worked on."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from jobs.encode.assembly import Assembly
from jobs.encode.hashes import Hashes
from jobs.encode.masters import MasterAltered, store_of
from jobs.encode.order import ordered
from jobs.encode.production import Production
from jobs.encode.releasing import made_playable, released
from jobs.encode.workshop import sha256_of
from lakehouse.tables import Lake
from tests.jobs.encode.made_night import NIGHT, copy_of
from tests.jobs.encode.masters_at import FolderPlace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jobs.encode.made_night import Night

pytestmark = pytest.mark.slow


def test_a_release_hashes_each_rendition_for_its_scores_twice_at_most(
    made: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # once where it was scored, once for receipt, pictures and report: it had been six times
    lake = Lake(copy_of(made.settings, tmp_path / "var"))
    read: list[str] = []
    monkeypatch.setattr(
        "jobs.encode.vmaf.sha256_of", lambda file: read.append(file.name) or sha256_of(file)
    )
    production = Production(lake.settings, ordered(lake.settings, "clip"))
    receipt = made_playable(lake, NIGHT, Assembly(production))
    files = {rung["file"] for rung in receipt["ladder"] if rung["ships"]}
    assert files <= set(read)
    assert max(Counter(read).values()) <= 2


def test_nothing_is_published_of_a_master_that_rotted_nor_kept_of_what_was_made_of_it(
    made: Night, tmp_path: Path
) -> None:
    settings = copy_of(made.settings, tmp_path / "var")
    shutil.rmtree(settings.at("titles", "published"))
    order, store = ordered(settings, "clip"), store_of(settings)
    kept = store.opened(order.master_sha256)
    FolderPlace(kept.parent).alter(order.master_sha256)
    Hashes(settings.at("titles", "hashes")).believe(kept, order.master_sha256)

    with pytest.raises(MasterAltered):
        released(settings, Assembly(Production(settings, order)))
    assert not list(settings.at("titles", "published").glob("*/*"))
    work = settings.at("titles", "work", "clip")
    assert {path.name for path in work.iterdir()} == {"locks"}
