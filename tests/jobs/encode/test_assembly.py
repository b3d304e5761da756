"""A title that is held back says what another order may have instead, by what held it back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from jobs.encode.assembly import Assembly, NotPlayable
from jobs.encode.facts import Attempt, Rendition, Rung, Score
from jobs.encode.order import Order
from jobs.encode.streams import DESCRIPTION, MAIN, Stream

if TYPE_CHECKING:
    from pathlib import Path

GOOD, POOR = (
    Score(95, harmonic, 95, 95, 0, 1, 25, "vmaf_v0.6.1", 640, 360) for harmonic in (95, 60)
)


def refused(score: Score, roles: tuple[str, ...], folder: Path, **wishes: Any) -> str:
    """What a title of one rung says, whose sounds of these roles are too loud."""
    rung = Rung("h264", 640, 360, 25, 900, 0, 1800, fixed=True)
    one = Rendition(rung, "", "", 900, 900, score, 1.0, (Attempt(25, score.mean, 900),))
    order = Order("film", "film.mp4", "2026-01-10", **wishes)
    production = SimpleNamespace(order=order, ladder=[rung], renditions=[one])
    assembly = Assembly(production)  # type: ignore[arg-type]
    assembly.sounds = [  # type: ignore[misc]
        SimpleNamespace(
            stream=Stream(folder, "audio", f"audio-{role}", roles=(role,)), reasons=("it is loud",)
        )
        for role in roles
    ]
    with pytest.raises(NotPlayable) as why:
        _ = assembly.shipped
    return str(why.value).partition("then encode it with ")[2]


def test_each_fault_has_its_own_advice(tmp_path: Path) -> None:
    """Of a peak of -.8 dBTP it had said to try another --target-vmaf."""
    assert refused(GOOD, (MAIN,), tmp_path) == "a master of better sound."
    assert refused(GOOD, (DESCRIPTION,), tmp_path) == "a better --audio-description."
    assert refused(POOR, (), tmp_path) == "another --target-vmaf or a better master."
    both = refused(POOR, (MAIN, DESCRIPTION), tmp_path, budget_cpu_seconds=9.0)
    assert both == (
        "a larger --budget or a better master and a master of better sound and a better "
        "--audio-description."
    )
