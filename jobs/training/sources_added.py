"""Judge each source of candidates by what warm profiles watched in the later window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.recommend.ablation import leave_one_source_out, together
from models.top_titles import blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.recommend.ablation import LeftOut
    from jobs.training.snapshot import Snapshot, World


def sources_added(snapshot: Snapshot, later: World) -> list[LeftOut]:
    """A line a source; only profiles that watched something later are asked and counted."""
    offsets, titles = snapshot.watched_after(later)
    parts = []
    for block in blocks(len(offsets) - 1, len(snapshot.histories.title_ids)):
        wanted = np.diff(offsets[block.start : block.stop + 1])
        judged = wanted > 0
        if not judged.any():
            continue
        found = snapshot.funnel.candidates(block)
        own = np.concatenate(([0], np.cumsum(wanted[judged])))
        later_titles = titles[offsets[block.start] : offsets[block.stop]]
        parts.append(
            leave_one_source_out(found.codes[judged], found.bits[judged], own, later_titles)
        )
    return together(parts)


def told(lines: Sequence[LeftOut]) -> list[dict[str, Any]]:
    """The lines as the verdict keeps them, the most needed source first."""
    return [
        {
            "source": line.source, "recall": round(line.recall, 6),
            "recall_without": round(line.recall_without, 6), "adds": round(line.adds, 6),
            "candidates": line.candidates, "only_here": line.only_here, "profiles": line.profiles,
        }
        for line in sorted(lines, key=lambda line: (-line.adds, line.source))
    ]  # fmt: skip


def table(lines: Sequence[dict[str, Any]]) -> str:
    """The same lines in Markdown."""
    names = ("source", "adds", "recall_without", "recall", "candidates", "only_here")
    rows = [names, ["---"] * len(names), *([str(line[name]) for name in names] for line in lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
