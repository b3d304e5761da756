"""Show what each source adds: the recall of all candidates, and of all but one source's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.recommend.policy import SOURCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class LeftOut:
    """What the candidates would have been without one source."""

    source: str
    recall: float
    """The mean share of later watched titles among all candidates; the same on every line."""
    recall_without: float
    """The same without what only this source proposed."""
    candidates: int
    only_here: int
    profiles: int
    """Those with a later watch; only they are judged."""

    @property
    def adds(self) -> float:
        """What the source adds in recall."""
        return self.recall - self.recall_without


def leave_one_source_out(
    codes: NDArray[np.int32],
    bits: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    titles: NDArray[np.int32],
) -> list[LeftOut]:
    """Judge candidates [profiles, candidates] by what each profile watched in a later window.

    The later watches are compressed rows, as in `Histories`; repeats count once, and what the
    profile had watched before should not be among them. No source is asked again: the places that
    it would free in a full list of 1,000 stay free, so `adds` is an upper bound there.
    """
    width = int(max(codes.max(initial=0), titles.max(initial=0))) + 1
    later = np.unique(np.repeat(np.arange(len(codes)), np.diff(offsets)) * width + titles)
    found = (codes >= 0) & np.isin(np.arange(len(codes))[:, None] * width + codes, later)
    wanted = np.bincount(later // width, minlength=len(codes))
    judged = wanted > 0

    def recall(kept: NDArray[np.bool_]) -> float:
        hits = (found & kept).sum(axis=1)[judged]
        return float((hits / wanted[judged]).mean()) if judged.any() else 0.0

    everything = recall(bits != 0)
    lines = []
    for place, source in enumerate(SOURCES):
        bit = np.uint8(1 << place)
        lines.append(
            LeftOut(
                source, everything, recall((bits & ~bit) != 0), int(((bits & bit) != 0).sum()),
                int((bits == bit).sum()), int(judged.sum()),
            )
        )  # fmt: skip
    return lines


def together(parts: Sequence[list[LeftOut]]) -> list[LeftOut]:
    """One table from those of several blocks of profiles; each profile weighs the same."""
    if not parts:
        return []
    profiles = np.array([lines[0].profiles for lines in parts])
    shares = profiles / max(profiles.sum(), 1)
    return [
        LeftOut(
            same[0].source,
            float(shares @ [one.recall for one in same]),
            float(shares @ [one.recall_without for one in same]),
            sum(one.candidates for one in same),
            sum(one.only_here for one in same),
            int(profiles.sum()),
        )
        for same in zip(*parts, strict=True)
    ]
