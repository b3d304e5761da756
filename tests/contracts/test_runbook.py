"""Every error and every alert that a person can act on has its own section in the runbook."""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from pathlib import Path

from lakehouse import PACKAGES
from tests.chain import DAGS, ORDER, TITLES, tasks

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
TELLS = ("warning", "error", "critical", "exception")


@functools.cache
def parsed() -> list[ast.ClassDef | ast.Call]:
    """Every class and call of our code."""
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text())))
    return [node for node in nodes if isinstance(node, ast.ClassDef | ast.Call)]


def errors() -> set[str]:
    """The names of MarqueeError's subclasses, however far below it."""
    bases: dict[str, set[str]] = {}
    for node in parsed():
        if isinstance(node, ast.ClassDef):
            bases[node.name] = {base.id for base in node.bases if isinstance(base, ast.Name)}
    found = {"MarqueeError"}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return found - {"MarqueeError"}


def headings(text: str) -> list[str]:
    return re.findall(r"^### (.*)$", text, re.MULTILINE)


def template(node: ast.expr) -> str:
    """A sentence as it is written in the code, with … for what differs."""
    if isinstance(node, ast.Constant):
        return str(node.value).replace("%s", "…")
    parts = node.values if isinstance(node, ast.JoinedStr) else []
    return "".join(str(p.value) if isinstance(p, ast.Constant) else "…" for p in parts)


def alerts() -> set[str]:
    """The words by which a warning of a log or a line of a report can be known."""
    said = set()
    for node in parsed():
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        logs = isinstance(called, ast.Attribute) and called.attr in TELLS
        if logs and isinstance(called.value, ast.Name) and called.value.id in ("log", "logger"):
            said.add(template(node.args[0]))
        if isinstance(called, ast.Name) and called.id == "Headline":
            said |= {template(told) for told in node.args[1:2]}
    parts = {part.strip(" .") for one in said for part in re.split(r"[,:;(]", one)[:2]}
    return {part for part in parts if re.search(r"\w", part)}


def test_each_error_has_a_section_of_its_own_name() -> None:
    # nobody finds the third name of a heading in a list of headings
    found = Counter(headings(RUNBOOK.split("## Errors", 1)[1]))
    assert len(errors()) > 20  # the search itself found them
    assert errors() - found.keys() == set()
    assert found.keys() - errors() == set(), "no error has this name"
    assert [name for name, times in found.items() if times > 1] == []


def test_each_section_says_something() -> None:
    for section in RUNBOOK.split("\n### ")[1:]:
        heading, _, text = section.split("\n## ", 1)[0].partition("\n")
        assert len(text.split()) > 5, heading


def test_each_alert_is_found_by_its_words() -> None:
    section = RUNBOOK.split("## Alerts", 1)[1].split("\n## ", 1)[0]
    found = alerts() - {"The night is live"}
    assert {"A check stopped the night", "No ranker is live", "… warns"} <= found
    assert {words for words in found if words not in section} == set()


def test_each_dag_that_can_fail_is_in_the_alert_of_its_callback() -> None:
    callbacks, section = set(), RUNBOOK.split("### A failed task stopped the night", 1)[1]
    for stem in (*ORDER, TITLES):
        (tier,) = (tag for tag in DAGS[stem].tags if tag.startswith("tier-"))
        assert f"| `{stem}` | {tier.removeprefix('tier-')} |" in section.split("\n### ", 1)[0]
        callbacks |= {call.__name__ for t in tasks(stem) for call in t.on_failure_callback}
        callbacks |= {call.__name__ for call in (DAGS[stem].on_failure_callback or [])}
    assert callbacks == {"tell_failure"}
