"""Name the ways to split a file of interactions."""

from __future__ import annotations

from enum import StrEnum


class Protocol(StrEnum):
    """How one file is divided into training and test."""

    RANDOM = "random-75-25"
    """Three rows in four of each profile, drawn evenly, are learned from."""
    LAST = "leave-last-out"
    """All but each profile's newest row are learned from."""
    TIME = "global-time"
    """The earliest four fifths of all rows are learned from."""


GIVEN = "given"
"""The split that a second file makes."""
