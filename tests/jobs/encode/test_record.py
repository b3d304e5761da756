"""What MLflow says of a title is true of what viewers get."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from jobs.encode.record import track

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.tracking import Tracking


class Kept:
    """A run that keeps the metrics that it is given."""

    def __init__(self) -> None:
        self.told: dict[str, float] = {}

    @contextmanager
    def run(self, *_: str) -> Iterator[Kept]:
        yield self

    def metrics(self, told: dict[str, float]) -> None:
        self.told |= told

    def parameters(self, *_: Any) -> None: ...

    def tags(self, *_: Any) -> None: ...

    def text(self, *_: Any) -> None: ...


def rung(vmaf: float, ships: bool) -> dict[str, Any]:
    return {
        "codec": "h264", "vmaf": vmaf, "kbps": 10 * vmaf, "p1": vmaf - 5, "worst_shot": vmaf - 3,
        "ships": ships,
    }  # fmt: skip


def test_a_rung_that_is_held_back_counts_nowhere() -> None:
    receipt = {
        "title_id": "bikes", "night": "2026-01-10", "target_vmaf": 95, "protect": "cbcs", "bytes": 9,
        "sample": {"share": 1}, "master": {"sha256": "m"}, "cpu_seconds": {}, "misses": {},
        "ladder": [rung(80, True), rung(90, True), rung(96, False)],
    }  # fmt: skip
    kept = Kept()
    track(cast("Tracking", kept), receipt, {}, {})
    assert (kept.told["rungs"], kept.told["top_vmaf"], kept.told["top_kbps"]) == (2, 90, 900)
    assert (kept.told["top_p1"], kept.told["worst_shot"]) == (85, 87)
