"""Decide whether a title is watched enough for its shots to have a CRF each.

A CRF a shot makes the bytes of every play fewer, and its probes and encodes dearer once. It pays
where what the plays of a month save is worth more than the CPU.
"""

from __future__ import annotations

from dataclasses import dataclass

BITS_PER_PIXEL = 0.04
"""What a session is sent of a pixel: about 870 kb/s at 1280x720 and 24 frames a second, the sessions
at a median of 3 Mb/s of bench/encode.md."""
FEWEST_SHOTS = 2
"""One shot has one CRF either way."""


@dataclass(frozen=True)
class Prices:
    """What is weighed against each other, in dollars, and what is taken for granted."""

    gigabyte: float = 0.02
    """Of delivery to a viewer: between the .005 of a large contract and the .085 of a list price."""
    cpu_hour: float = 0.04
    """Of one core: the list price of a virtual core of the large clouds."""
    saved_share: float = 0.02
    """Of the bytes of a play: below the mean of the three scenes of five shots in bench/encode.md (.8 to
    3.2 %, from VMAF 60 on), for not every title has so many."""


PRICES = Prices()


@dataclass(frozen=True)
class Work:
    """What is known of a title before it is probed."""

    seconds: float
    pixels_per_second: float
    """Of the master, which bounds what is sent."""
    shots: int
    further_cpu_seconds: float
    """What a CRF a shot takes beyond one CRF: probes of the frames that a sample leaves out, and
    a second encode of shots that fell below the floor."""


@dataclass(frozen=True)
class Decision:
    """Whether each shot gets a CRF of its own, and why, in a sentence."""

    per_shot: bool
    why: str


def decide(
    asked: bool | None, monthly_plays: float | None, work: Work, prices: Prices = PRICES
) -> Decision:
    """What was asked; where nothing was, what the demand pays for, and one CRF where none is known.

    A month to come is reckoned like the last and nothing after it: titles are watched less each
    month, and a decision that waits for years to pay may never.
    """
    if asked is not None:
        return Decision(asked, f"{_said(asked)}, as was asked.")
    if monthly_plays is None:
        return Decision(False, f"{_said(False)}, since nothing is known of the title's demand.")
    if work.shots < FEWEST_SHOTS:
        return Decision(False, f"{_said(False)}, since the title is one shot.")
    gigabytes = monthly_plays * bytes_of_a_play(work) * prices.saved_share / 1e9
    saved, spent = gigabytes * prices.gigabyte, work.further_cpu_seconds / 3600 * prices.cpu_hour
    pays = saved > spent
    return Decision(
        pays,
        f"{_said(pays)}, since a month of {monthly_plays:,.0f} plays would send {gigabytes:,.1f} GB "
        f"less, worth ${saved:,.2f}, for {work.further_cpu_seconds:,.0f} more CPU-s, which cost "
        f"${spent:,.2f}.",
    )


def bytes_of_a_play(work: Work) -> float:
    """Of one play to the end."""
    return BITS_PER_PIXEL * work.pixels_per_second * work.seconds / 8


def _said(per_shot: bool) -> str:
    return "Each shot has a CRF of its own" if per_shot else "All shots of a rung share one CRF"
