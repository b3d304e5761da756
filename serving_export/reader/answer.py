"""Say what a reader answers: a page, and how far down the fallbacks it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from serving_export.parts import Title
    from serving_export.records import Page


class Level(StrEnum):
    """How far down the fallbacks an answer comes from."""

    OWN = "own"
    """The page made for the profile."""
    POPULAR = "popular"
    """The popular page of the region, or of everywhere, in the live version."""
    LAST = "last"
    """The last page file that the reader knows: the store gave nothing."""


class Catalogue(Protocol):
    """What a page's ids and bits mean."""

    @property
    def titles(self) -> Mapping[str, Title]:
        """Title id to name, year and genres."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The candidate sources in the order of the source bits."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A page with where it comes from; never without rows."""

    level: Level
    page: Page
    age_seconds: float
    """Since the version was published."""
    stale: bool
    """Whether the version has expired, or the store could not be asked."""
    skipped: tuple[str, ...]
    """Why each better level was passed over."""
    catalogue: Catalogue = field(repr=False, compare=False)
    """The titles and sources of the version that the page is of."""
