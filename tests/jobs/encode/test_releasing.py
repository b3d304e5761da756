"""Nothing is published of a master whose bytes changed while it was worked on."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from jobs.encode.assembly import Assembly
from jobs.encode.hashes import Hashes
from jobs.encode.masters import MasterAltered, store_of
from jobs.encode.order import ordered
from jobs.encode.production import Production
from jobs.encode.releasing import released
from lakehouse.settings import Settings
from tests.jobs.encode.masters_at import FolderPlace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jobs.encode.made_night import Night

pytestmark = pytest.mark.slow


def test_nothing_is_published_of_a_master_that_rotted_nor_kept_of_what_was_made_of_it(
    made: Night, tmp_path: Path
) -> None:
    shutil.copytree(made.settings.var, tmp_path / "var")
    settings = Settings(var=str(tmp_path / "var"))
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
