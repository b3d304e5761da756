"""Turn columns of features into one matrix of numbers of about unit size, the same in training and serving."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.declared import FEATURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.ranker.examples import Columns

LONG_TAIL = 20.0  # a count that reaches this is told by its logarithm
FARTHEST = 6.0  # standard deviations; what lies farther says no more
RAREST = 30  # a word seen in fewer rows is treated as unknown
MOST_WORDS = 64

USED = tuple(
    feature
    for feature in FEATURES
    # a page is read all day, so its ranking must not lean on the hour at which it was made
    if feature.entity != "context" and feature.kind in ("number", "whole", "category")
)


@dataclass(frozen=True)
class Number:
    """How one number becomes an input, and a second one that says whether it was absent."""

    name: str
    logarithm: bool
    mean: float
    deviation: float
    may_be_absent: bool


@dataclass(frozen=True)
class Words:
    """Which words of a category have an input of their own."""

    name: str
    words: list[str]


@dataclass(frozen=True)
class Encoding:
    """What turns named columns into [rows, inputs] float32."""

    numbers: list[Number]
    categories: list[Words]

    @classmethod
    def of(cls, columns: Columns, score_names: Sequence[str]) -> Encoding:
        """Learn means, deviations and vocabularies; a number that never varies is left out."""
        names = [f.name for f in USED if f.kind != "category"] + list(score_names)
        numbers = [_number(name, np.asarray(columns[name], np.float64)) for name in names]
        categories = [
            Words(f.name, _frequent(columns[f.name])) for f in USED if f.kind == "category"
        ]
        return cls(
            [number for number in numbers if number.deviation > 0],
            [category for category in categories if len(category.words) > 1],
        )

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Encoding:
        """The reverse of `to_json`."""
        return cls(
            [Number(**one) for one in content["numbers"]],
            [Words(**one) for one in content["categories"]],
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for meta.json."""
        return asdict(self)

    @property
    def inputs(self) -> list[str]:
        """A name for each input, in order."""
        names = [number.name for number in self.numbers]
        names += [f"{n.name} absent" for n in self.numbers if n.may_be_absent]
        return names + [f"{c.name}={word}" for c in self.categories for word in c.words]

    def matrix(self, columns: Columns) -> NDArray[np.float32]:
        """[rows, inputs] float32; raises KeyError for a column that training had and this lacks."""
        rows = len(next(iter(columns.values())))
        matrix = np.zeros((rows, len(self.inputs)), np.float32)
        absent_at = len(self.numbers)
        for place, number in enumerate(self.numbers):
            values = np.asarray(columns[number.name], np.float32)
            absent = np.isnan(values)
            matrix[:, place] = np.where(absent, 0, _scaled(number, values))
            if number.may_be_absent:
                matrix[:, absent_at] = absent
                absent_at += 1
        for category in self.categories:
            self._one_hot(matrix, absent_at, category, columns[category.name])
            absent_at += len(category.words)
        return matrix

    def _one_hot(
        self, matrix: NDArray[np.float32], at: int, category: Words, values: NDArray[np.generic]
    ) -> None:
        known, codes = np.unique(values, return_inverse=True)
        places = {word: place for place, word in enumerate(category.words)}
        own = np.array([places.get(str(word), -1) for word in known], np.int64)[codes]
        rows = np.flatnonzero(own >= 0)
        matrix[rows, at + own[rows]] = 1


def _number(name: str, values: NDArray[np.float64]) -> Number:
    known = values[~np.isnan(values)]
    logarithm = bool(known.min(initial=0) >= 0 and known.max(initial=0) >= LONG_TAIL)
    told = np.log1p(known) if logarithm else known
    deviation = float(told.std()) if len(told) else 0.0
    mean = float(told.mean()) if len(told) else 0.0
    return Number(name, logarithm, mean, round(deviation, 9), len(known) < len(values))


def _scaled(number: Number, values: NDArray[np.float32]) -> NDArray[np.float32]:
    # serving may meet a number below any that training met
    told = np.log1p(np.maximum(values, 0)) if number.logarithm else values
    scaled = (told - np.float32(number.mean)) / np.float32(number.deviation)
    clipped: NDArray[np.float32] = np.clip(scaled, -FARTHEST, FARTHEST)
    return clipped


def _frequent(values: NDArray[np.generic]) -> list[str]:
    words, counts = np.unique(values, return_counts=True)
    kept = np.flatnonzero(counts >= RAREST)
    kept = kept[np.argsort(-counts[kept], kind="stable")][:MOST_WORDS]
    return sorted(str(words[place]) for place in kept)
