"""Turn the facts of a night into one HTML page that stands alone."""

from __future__ import annotations

import colorsys
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from jobs.report.headline import headline
from jobs.report.scales import over, scale

if TYPE_CHECKING:
    from jobs.report.facts import Card, NightFacts

TEMPLATES = Path(__file__).with_name("templates")
METRICS = ("ndcg@10", "recall@10", "precision@10", "map@10", "ndcg@20", "recall@20")


def render(facts: NightFacts) -> str:
    """The page; the same facts give the same bytes."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "count": count, "duration": duration, "share": share, "figure": figure, "words": words,
        "poster": poster, "size": size,
    }  # fmt: skip
    page = environment.get_template("report.html.j2")
    return page.render(
        facts=facts, headline=headline(facts), over=over, scale=scale, metrics=METRICS
    )


def count(number: int | None) -> str:
    """1,234; a dash where there is none."""
    return "-" if number is None else f"{number:,}"


def duration(seconds: float) -> str:
    """12 s, 3 min 20 s."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes:
        return f"{minutes} min {rest:02} s"
    return f"{seconds:.1f} s" if seconds < 10 else f"{rest} s"


def size(number: int) -> str:
    """Bytes as a person reads them."""
    for unit, of in (("MB", 1_000_000), ("kB", 1_000)):
        if number >= of:
            return f"{number / of:.1f} {unit}"
    return f"{number} B"


def share(part: float) -> str:
    """12.3 %."""
    return f"{100 * part:.1f} %"


def figure(value: float, signed: bool = False) -> str:
    """A figure of three places."""
    return f"{value:+.3f}" if signed else f"{value:.3f}"


def words(name: str) -> str:
    """two_tower as a person reads it."""
    known = {"two_tower": "two-tower", "co_watch": "co-watch", "ease": "EASE", "live": "live model"}
    return known.get(name, name.replace("_", " "))


def poster(card: Card) -> str:
    """The colours of a card: one hue a genre, always dark enough for white text."""
    genre = card.genres[0] if card.genres else ""
    hue = hashlib.sha256(genre.encode()).digest()[0] / 256
    ends = (colorsys.hls_to_rgb(hue, light, 0.42) for light in (0.36, 0.17))
    return ",".join("#" + "".join(f"{round(255 * part):02x}" for part in end) for end in ends)
