"""Write docs/features.md from the declarations: python -m features.dictionary > docs/features.md."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from features.declared import (
    FEATURES,
    Attribute,
    Newest,
    OnDemand,
    Recent,
    Shares,
    Windowed,
)

if TYPE_CHECKING:
    from datetime import timedelta

    from features.declared import Feature, Method

HEAD = """# Features

Written from `features/declared.py` by `python -m features.dictionary`; a test keeps it current.

A feature at time T knows what happened before T **and** was known before T, strictly: what shares the
second of a label is its future. A window of w reaches back to T - w, that moment included. Watched
means played or completed. What has no value gets the one in the column *when absent*.

Title pairs are as of the night: co-watches and transitions of everybody up to the last midnight
before T, applied to the profile's own last titles up to T. Attributes of titles and profiles are
those of the night's tables; they have no history.

The night's serving values are the same declarations at T = the midnight that ends the night, counted
another way; a test compares both for every feature below.

| feature | of | type | meaning | when absent | class | owner |
|---|---|---|---|---|---|---|
"""
MADE = """
## How each is made

| feature | from |
|---|---|
"""


def page(features: tuple[Feature, ...] = FEATURES) -> str:
    """The feature dictionary as Markdown: a line a feature, then how each is made."""
    made = "".join(f"| `{one.name}` | {describe(one.made)} |\n" for one in features)
    return HEAD + "".join(map(_line, features)) + MADE + made


def _line(feature: Feature) -> str:
    words: dict[object, str] = {None: "null", (): "empty"}
    absent = words.get(feature.when_absent, str(feature.when_absent))
    cells = (
        f"`{feature.name}`", feature.entity, f"`{feature.sql_type}`", feature.meaning, absent,
        feature.freshness, feature.owner,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |\n"


def describe(made: Method) -> str:
    """One line that says where a feature comes from."""
    match made:
        case Windowed():
            parts = "; ".join(
                f"{name} = newest time of `{total.where}`"
                if isinstance(total, Newest)
                else f"{name} = sum of `{total.amount}` {_span(total.window)}"
                for name, total in made.totals.items()
            )
            return f"`{made.value}` with {parts}"
        case Shares():
            return f"shares of `{made.amount}` among `{made.words}`, ever"
        case Recent():
            return f"the newest {made.length} distinct titles"
        case Attribute():
            return f"`{made.value}` of the night's table"
        case OnDemand():
            function = f"{made.function.__module__}.{made.function.__name__}"
            return f"`{function}` of {', '.join(made.inputs)}"


def _span(window: timedelta | None) -> str:
    return "ever" if window is None else f"in {window.days} days"


if __name__ == "__main__":
    sys.stdout.write(page())
