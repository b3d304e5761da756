"""Tell what a title took, step by step: each tool that ran, its words and its CPU-seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobs.encode.workshop import Made, Workshop

Json = dict[str, Any]
STEPS = {
    "scan": "scan",
    "shots": "shots",
    "probe": "probes",
    "video": "encode",
    "vmaf": "gate",
    "audio": "sound",
    "captions": "captions",
    "thumbnails": "thumbnails",
    "package": "package",
    "verify": "verify",
    "worst": "worst frames",
}
"""The first word of a file's name in the workshop to the step that makes it, in the order of steps;
a kind that is not here is a step of its own, the last one."""


def steps(work: Workshop) -> list[Json]:
    """A row for each file that was asked for and had tools run for it, in the order of steps.

    They come from the notes beside the files, so that a run that goes on after a kill, and one that
    makes nothing anew, tell the same.
    """
    return [
        {
            "step": _step(name),
            "file": name,
            "cpu_seconds": sum(call.cpu_seconds for call in made.calls),
            "commands": [list(call.command) for call in made.calls],
        }
        for name, made in sorted(work.asked.items(), key=_place)
        if made.calls
    ]


def with_again(told: list[Json], work: Workshop) -> list[Json]:
    """The rows, with those of steps that were done again here in the place of what they did before."""
    more = steps(work)
    again = {row["step"] for row in more}
    order = [*STEPS.values()]
    return sorted(
        [*(row for row in told if row["step"] not in again), *more],
        key=lambda row: order.index(row["step"]) if row["step"] in order else len(order),
    )


def cpu_seconds(told: list[Json]) -> dict[str, float]:
    """Step to user and system time of its tools, in the order of steps."""
    spent: dict[str, float] = {}
    for row in told:
        spent[row["step"]] = spent.get(row["step"], 0.0) + row["cpu_seconds"]
    return spent


def _step(name: str) -> str:
    kind = name.partition("-")[0]
    return STEPS.get(kind, kind)


def _place(asked: tuple[str, Made]) -> tuple[int, str]:
    name, _ = asked
    kind = name.partition("-")[0]
    return [*STEPS, kind].index(kind), name
