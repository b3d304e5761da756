"""The project keeps its shape: short modules, short functions, names of its own."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("jobs", "features", "models", "expectations", "serving_export", "lakehouse")
MODULES = sorted(
    file
    for folder in (*PACKAGES, "dags", "bench", "tests")
    for file in (ROOT / folder).rglob("*.py")
)
LONGEST_MODULE, LONGEST_FUNCTION = 300, 40


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_each_module_is_short_and_says_what_it_does(file: Path) -> None:
    text = file.read_text()
    assert len(text.splitlines()) <= LONGEST_MODULE
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module says in one sentence what it does"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, f"{node.name} is too long"


@pytest.mark.parametrize("package", PACKAGES)
def test_our_top_level_names_are_ours_alone(package: str) -> None:
    # a dependency that ships `models` or `features` would shadow ours, or ours its
    assert set(packages_distributions().get(package, ["marquee"])) == {"marquee"}
    assert package not in sys.stdlib_module_names
