"""Sources are judged by profiles that came back, whatever block they stand in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from jobs.recommend.candidates import Candidates
from jobs.recommend.policy import SOURCES
from jobs.training import sources_added
from jobs.training.sources_added import table, told

POPULAR, NEW = (1 << SOURCES.index(name) for name in ("popular", "new"))
LATER = [[1, 2], [], [3], [1, 4]]
"""What four profiles watched in the window; the second never came back."""
CODES = np.array([[1, 5], [2, 3], [3, -1], [4, 5]], np.int32)
BITS = np.array([[POPULAR, NEW], [NEW, NEW], [POPULAR | NEW, 0], [NEW, POPULAR]], np.uint8)


@dataclass
class Made:
    """A snapshot whose funnel proposes what is written above."""

    funnel: Made | None = None
    histories: Made | None = None
    title_ids: tuple[str, ...] = ("t",) * 6

    def watched_after(self, _later):
        lengths = np.cumsum([0, *(len(one) for one in LATER)])
        return lengths, np.array([one for own in LATER for one in own], np.int32)

    def candidates(self, block):
        nothing = np.zeros(5, np.int64)
        return Candidates(CODES[block], BITS[block], nothing, nothing)


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_blocks_do_not_show(step, monkeypatch):
    halves = [slice(start, min(start + step, 4)) for start in range(0, 4, step)]
    monkeypatch.setattr(sources_added, "blocks", lambda *_: iter(halves))
    lines = {line.source: line for line in sources_added.sources_added(Made(Made(), Made()), None)}
    # found: title 1 of two, all of the third's, title 4 of two
    assert lines["new"].recall == pytest.approx((1 / 2 + 1 + 1 / 2) / 3)
    assert lines["popular"].adds == pytest.approx(1 / 2 / 3)
    assert lines["new"].adds == pytest.approx(1 / 2 / 3)
    # the second profile's two candidates are not counted
    assert (lines["new"].candidates, lines["new"].only_here) == (3, 2)
    assert {line.profiles for line in lines.values()} == {3}


def test_nobody_came_back_so_nothing_is_judged(monkeypatch):
    monkeypatch.setattr(f"{__name__}.LATER", [[], [], [], []])
    assert sources_added.sources_added(Made(Made(), Made()), None) == []


def test_the_most_needed_source_stands_first():
    lines = told(sources_added.sources_added(Made(Made(), Made()), None))
    assert [line["source"] for line in lines[:2]] == ["new", "popular"]
    text = table(lines).splitlines()
    assert text[0].startswith("| source | adds |")
    assert text[2].startswith("| new | 0.166667 | 0.5 | 0.666667 | 3 | 2 |")
    assert len(text) == 2 + len(SOURCES)
