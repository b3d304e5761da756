"""Render Data Docs that need no network: without scripts, styles and pictures from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from great_expectations.render.view import DefaultJinjaPageView

STYLE = Path(__file__).with_name("offline.css")
OUTSIDE = re.compile(
    r"<script\b.*?</script>"  # they drive Bootstrap and Vega, which come from elsewhere
    r"|<link\b[^>]*>"
    r"|<img\b[^>]*?(?:src=\"https?:|dataContextId)[^>]*>"  # the logo tells its makers who reads
    r"|<footer\b.*?</footer>"
    r"|url\(['\"]?https?:[^)]*\)",
    re.DOTALL,
)

TO_SUITE = re.compile(r"<a\b[^>]*href=\"[^\"]*/expectations/[^\"]*\"[^>]*>(.*?)</a>", re.DOTALL)
"""A link to the page of a suite, which is not written: the page of results says it all."""


class OfflinePage(DefaultJinjaPageView):  # type: ignore[misc]
    """The page of Great Expectations with our own small style sheet in place of everything else."""

    def render(self, document: Any, template: Any = None, **kwargs: Any) -> str:
        """The HTML of a page."""
        return offline(str(super().render(document, template, **kwargs)), STYLE.read_text())


def offline(html: str, style: str) -> str:
    """Drop what a page would fetch and put the style sheet in its head."""
    return TO_SUITE.sub(r"\1", OUTSIDE.sub("", html)).replace(
        "</head>", f"<style>{style}</style></head>", 1
    )
