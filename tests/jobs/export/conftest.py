"""Give tests a lake that holds one small night, ready to publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lakehouse.catalog import PAGES, TITLES
from tests.serving_export import made

if TYPE_CHECKING:
    from lakehouse.tables import Lake


def fill(lake: Lake) -> Lake:
    """Write pages and titles as recommend and events leave them."""
    pages = made.table(
        made.page("", made.row("Popular", "popular", ("t1", "t2"))),
        made.page("", made.row("Popular", "popular", ("t3",)), region="DE"),
        made.page(
            "anna",
            made.row("Top picks", "top_picks", ("t4", "t5"), source_bits=[3, 16],
                     propensities=[1.0, 0.25]),
            made.row("Because you watched Title 1", "because_you_watched", ("t6",), because_of="t1"),
            region="DE",
        ),
    )  # fmt: skip
    lake.write(PAGES, pages, made.NIGHT)
    lake.write(TITLES, made.titles(), made.NIGHT)
    return lake


@pytest.fixture
def filled(lake: Lake) -> Lake:
    """A lake with one night."""
    return fill(lake)
