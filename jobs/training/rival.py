"""Give the live model its fair chance: fit it again on what tonight's model was fitted on.

A live model has seen the days on which tonight's is judged, so it is not judged as it is. What is
compared is its recipe with its own inputs, fitted before the same cut and ranking the candidates of
the same funnel. Recipe, inputs and code all equal would give the same model again, so its values
are taken as they are. Code is not compared: both are fitted by tonight's, because features, sources
and networks of then cannot be run beside those of now. See docs/adr/0050-what-the-gate-compares.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.ranker.encoding import USED
from models.ranker.fit import fit
from models.ranker.network import Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.gate import Verdict
    from models.ranker.examples import Rows
    from models.ranker.ranker import Ranker

CODE = ("features", "models", "jobs/recommend", "jobs/training")
"""The folders that decide what a recipe gives."""
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Rival:
    """What the live model gave each profile."""

    values: NDArray[np.float64] | None
    """[profiles] the gate's metric; None where nothing is live."""
    lost: tuple[str, ...] = ()
    """Its inputs that nothing declares any more; it had to do without."""

    def told(self, verdict: Verdict) -> Verdict:
        """The verdict, naming what the live model lacked."""
        if not self.lost:
            return verdict
        lacked = f"The live model had to do without {', '.join(self.lost)}, which is gone."
        return replace(verdict, reasons=(*verdict.reasons, lacked))


def made_of(recipe: Recipe, score_names: Sequence[str]) -> dict[str, Any]:
    """What a model is made of besides data: equal on the same data means the same model."""
    inputs = sorted([*(feature.name for feature in USED), *score_names])
    return {"recipe": recipe.to_json(), "inputs": inputs, "code": code_hash()}


def code_hash() -> str:
    """SHA-256 of the source of everything between events and ranked lists."""
    digest = hashlib.sha256()
    for file in (file for folder in CODE for file in sorted((ROOT / folder).rglob("*.py"))):
        digest.update(f"{file.relative_to(ROOT)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def refitted(live: Ranker, rows: Rows, window: Rows, seed: int) -> tuple[Ranker, tuple[str, ...]]:
    """The live recipe fitted on rows of which it sees its own inputs, and those that are not there.

    It is calibrated on the same window as tonight's: heads are combined by their chances, so
    another calibration is another order. Raises NothingToRank.
    """
    encoding = live.encoding
    own = {one.name for one in encoding.numbers} | {one.name for one in encoding.categories}
    known = {field.name for field in fields(Recipe)}
    # what a recipe did not say yet takes the default of tonight
    said = {name: value for name, value in live.facts["recipe"].items() if name in known}
    scores = [name for name in rows.columns if name not in {feature.name for feature in USED}]
    ranker = fit(only(rows, own), scores, Recipe(**said), seed, only(window, own))
    return ranker, tuple(sorted(own - set(rows.columns)))


def only(rows: Rows, names: set[str]) -> Rows:
    """Rows in which every other column says the same of all: an encoding leaves such columns out."""
    return replace(
        rows,
        columns={
            name: values if name in names else np.zeros_like(values)
            for name, values in rows.columns.items()
        },
    )
