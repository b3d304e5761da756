"""Say what an index is: a search over title vectors that knows its model and its recall."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from models.ann_index.frontier import Point


class IndexMismatch(MarqueeError):
    """An index and a model that do not belong together met."""

    def __init__(self, what: str, wanted: str, found: str) -> None:
        super().__init__(
            f"The {what} should be {wanted} and is {found}, so the index was not loaded: "
            "rerun build_index_nightly for this night."
        )


class Search(Protocol):
    """What finds the vectors with the largest dot products."""

    kind: str

    def search(
        self, vectors: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """[n, k] places, best first, -1 where there are fewer, and their dot products."""
        ...


@dataclass(frozen=True)
class Index:
    """A searchable night of title vectors."""

    title_ids: tuple[str, ...]
    vectors: NDArray[np.float32]
    """[titles, dimension]"""
    model_hash: str
    searcher: Search
    parameters: Mapping[str, int]
    """What the search was built with; empty for brute force"""
    recall: float
    """recall@100 against exact search"""
    recall_new_titles: float
    """The same, of titles that the model did not see watched; NaN without any"""
    reason: str
    """Why this kind was chosen, in one sentence"""
    frontier: tuple[Point, ...] = ()
    """What was tried"""

    @property
    def kind(self) -> str:
        """brute_force or scann"""
        return self.searcher.kind

    @property
    def content_hash(self) -> str:
        """Sixteen bytes in hex over vectors, ids, model and parameters."""
        told = f"{self.kind} {self.model_hash} {sorted(self.parameters.items())}"
        digest = hashlib.sha256("\n".join([told, *self.title_ids]).encode())
        digest.update(np.ascontiguousarray(self.vectors, "<f4").tobytes())
        return digest.hexdigest()[:32]

    def search(
        self, vectors: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """[n, k] places in `title_ids`, best first, -1 where there are fewer, and their scores."""
        return self.searcher.search(vectors, k)
