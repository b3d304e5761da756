"""Lay probes out as arrays over shots, sizes and CRFs, and add shots up to a title."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from jobs.encode.ladder.errors import UnevenProbes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from jobs.encode.facts import Probe

Size = tuple[int, int]
"""Width and height, in pixels."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Every shot at every size and CRF, in one codec."""

    codec: str
    shots: tuple[int, ...]
    sizes: tuple[Size, ...]
    """Largest first."""
    crfs: NDArray[np.float64]
    """[crfs] rising."""
    frames: NDArray[np.float64]
    """[shots] how many frames of the title each shot's probes speak for."""
    bits_per_frame: NDArray[np.float64]
    """[shots, sizes, crfs]"""
    vmaf: NDArray[np.float64]
    """[shots, sizes, crfs]"""

    def of_title(self, fps: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """[sizes, crfs] kb/s and VMAF of all shots together: bits add up, VMAF counts by frames."""
        share = self.frames / self.frames.sum()
        bits_per_frame = np.tensordot(share, self.bits_per_frame, axes=1)
        return bits_per_frame * fps / 1000, np.tensordot(share, self.vmaf, axes=1)


def arrange(probes: Sequence[Probe], stands_for: Mapping[int, float] | None = None) -> Grid:
    """The grid of all probes of one codec.

    `stands_for` says for how many frames of the title the probes of each shot speak, where shots
    were sampled; without it each speaks for its own. Raises UnevenProbes where there is no probe,
    a cell is missing or there twice, or the codecs are several.
    """
    cells = {(p.shot, p.width, p.height, p.crf): p for p in probes}
    shots = sorted({p.shot for p in probes})
    sizes = sorted({(p.width, p.height) for p in probes}, key=area, reverse=True)
    crfs = sorted({p.crf for p in probes})
    whole = [(shot, *size, crf) for shot, size, crf in product(shots, sizes, crfs)]
    _require_whole(probes, set(cells), whole)
    kept = [cells[cell] for cell in whole]
    frames = stands_for or {p.shot: p.frames for p in kept}
    shape = (len(shots), len(sizes), len(crfs))
    return Grid(
        kept[0].codec,
        tuple(shots),
        tuple(sizes),
        np.array(crfs, dtype=np.float64),
        np.array([frames[shot] for shot in shots], dtype=np.float64),
        np.array([p.bits / p.frames for p in kept]).reshape(shape),
        np.array([p.vmaf for p in kept]).reshape(shape),
    )


def area(size: Size) -> int:
    """Pixels of a picture, by which sizes are ordered."""
    return size[0] * size[1]


def _require_whole(
    probes: Sequence[Probe],
    cells: set[tuple[int, int, int, float]],
    whole: list[tuple[int, int, int, float]],
) -> None:
    if not probes:
        raise UnevenProbes("there is none")
    if len(codecs := {p.codec for p in probes}) > 1:
        raise UnevenProbes(f"they are of several codecs, {', '.join(sorted(codecs))}")
    for shot, width, height, crf in whole:
        if (shot, width, height, crf) not in cells:
            raise UnevenProbes(f"shot {shot} has none at {width}x{height} and CRF {crf:g}")
    if len(probes) > len(cells):
        raise UnevenProbes("a shot was probed twice at one size and CRF")
