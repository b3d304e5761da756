"""Say what must hold of each table: one Great Expectations suite each, as code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.suites import catalogue, events, features, pages, titles

if TYPE_CHECKING:
    from expectations.suites.suite import Suite

SUITES: dict[str, Suite] = {
    suite.table.name: suite
    for layer in (events, catalogue, features, pages, titles)
    for suite in layer.SUITES
}
"""Table name to suite."""
