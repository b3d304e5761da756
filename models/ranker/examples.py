"""Hold what the ranker learns from: columns of features, outcomes, and which rows form a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Columns = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Rows:
    """Pairs of a profile and a title, with what was known before and what happened after."""

    columns: Columns
    """Name to [rows]: declared features and score features."""
    outcomes: dict[str, NDArray[np.float32]]
    """Head to [rows]: 1 happened, 0 did not, NaN not to be known."""
    lists: NDArray[np.int64]
    """[rows] the list of candidates that a row stands in, rising; -1 for a row of its own."""
    profiles: NDArray[np.int32]
    """[rows] profile codes, by which rows are held out together."""

    def __len__(self) -> int:
        return len(self.profiles)

    def take(self, kept: NDArray[np.generic]) -> Rows:
        """Some of the rows, by mask or by rising places."""
        return Rows(
            {name: values[kept] for name, values in self.columns.items()},
            {name: values[kept] for name, values in self.outcomes.items()},
            self.lists[kept],
            self.profiles[kept],
        )

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """One after another; lists stay apart."""
        names, heads = parts[0].columns, parts[0].outcomes
        shifts = np.cumsum([0, *(part.lists.max(initial=-1) + 1 for part in parts)])
        return cls(
            {name: np.concatenate([part.columns[name] for part in parts]) for name in names},
            {name: np.concatenate([part.outcomes[name] for part in parts]) for name in heads},
            np.concatenate([
                np.where(part.lists >= 0, part.lists + shift, -1)
                for part, shift in zip(parts, shifts, strict=False)
            ]),
            np.concatenate([part.profiles for part in parts]),
        )  # fmt: skip
