"""Tell what a title is itself the cause of from what the machine or the lake lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.encode.tools import MissingEncoder, ToolKilled
from serving_export.titles.s3_errors import ChangedOnTheWay

if TYPE_CHECKING:
    from lakehouse.errors import MarqueeError

OF_FILMS = "jobs.encode."
"""Where errors stand that a film can be the cause of; others are of the lake, the store, the keys."""
OF_THE_MACHINE = (ToolKilled, MissingEncoder)


def of_the_title(error: MarqueeError) -> bool:
    """Whether a title is itself the cause of an error."""
    own = type(error).__module__.startswith(OF_FILMS) or isinstance(error, ChangedOnTheWay)
    return own and not isinstance(error, OF_THE_MACHINE)
