"""Every error that a person can act on has its section in the runbook."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("jobs", "features", "models", "expectations", "serving_export", "lakehouse")


def errors() -> set[str]:
    """The names of MarqueeError's subclasses, however far below it."""
    bases: dict[str, set[str]] = {}
    for file in (f for package in PACKAGES for f in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {base.id for base in node.bases if isinstance(base, ast.Name)}
    found = {"MarqueeError"}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return found - {"MarqueeError"}


def test_each_error_has_its_section() -> None:
    headings = [
        line.removeprefix("### ")
        for line in (ROOT / "docs" / "runbook.md").read_text().splitlines()
        if line.startswith("### ")
    ]
    named = {name for heading in headings for name in heading.split(", ")}
    assert len(errors()) > 20  # the search itself found them
    assert errors() - named == set()
