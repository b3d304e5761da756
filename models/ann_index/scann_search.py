"""Search with ScaNN: a tree of leaves, quantised scores inside, exact scores for the best."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

ANISOTROPIC_THRESHOLD = 0.2  # the ScaNN authors' value for vectors of length one
DIMENSIONS_A_BLOCK = 2
TRAINING_VECTORS = 100_000


@dataclass(frozen=True)
class Parameters:
    """What decides speed and recall."""

    leaves: int
    leaves_searched: int
    reordered: int
    """How many of the quantised best get their exact score"""


class ScannSearch:
    """ScaNN (Guo et al. 2020, arXiv:1908.10396). It has no add or delete: rebuild and swap."""

    kind = "scann"

    def __init__(self, searcher: Any, titles: int, parameters: Parameters) -> None:
        self._searcher, self._titles, self.parameters = searcher, titles, parameters

    @classmethod
    def built(cls, vectors: NDArray[np.float32], parameters: Parameters) -> ScannSearch:
        """Train the tree and the quantiser on [titles, dimension] vectors of length one."""
        import scann

        builder = scann.scann_ops_pybind.builder(vectors, parameters.reordered, "dot_product")
        searcher = (
            builder.tree(
                parameters.leaves, parameters.leaves_searched,
                training_sample_size=min(len(vectors), TRAINING_VECTORS),
            )
            .score_ah(
                DIMENSIONS_A_BLOCK, anisotropic_quantization_threshold=ANISOTROPIC_THRESHOLD
            )
            .reorder(parameters.reordered)
            .build()
        )  # fmt: skip
        return cls(searcher, len(vectors), parameters)

    def at(self, parameters: Parameters) -> ScannSearch:
        """The same tree, searched wider or narrower."""
        return ScannSearch(self._searcher, self._titles, parameters)

    def search(
        self, vectors: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """[n, k] places and dot products, best first, -1 where the leaves held fewer."""
        wanted = min(k, self._titles)
        places, scores = self._searcher.search_batched_parallel(
            np.ascontiguousarray(vectors, np.float32), wanted,
            max(self.parameters.reordered, wanted), self.parameters.leaves_searched,
        )  # fmt: skip
        missing = np.isnan(scores)
        codes = np.full((len(vectors), k), -1, np.int32)
        best = np.full((len(vectors), k), -np.inf, np.float32)
        codes[:, :wanted] = np.where(missing, -1, places.astype(np.int32))
        best[:, :wanted] = np.where(missing, -np.inf, scores)
        return codes, best

    def save(self, folder: Path) -> None:
        """Write ScaNN's own files."""
        folder.mkdir(parents=True)
        self._searcher.serialize(str(folder), relative_path=True)  # the folder is moved later

    @classmethod
    def load(cls, folder: Path, titles: int, parameters: dict[str, int]) -> ScannSearch:
        """Read what `save` wrote."""
        import scann

        searcher = scann.scann_ops_pybind.load_searcher(str(folder))
        return cls(searcher, titles, Parameters(**parameters))

    @property
    def numbers(self) -> dict[str, int]:
        """The parameters by name."""
        return asdict(self.parameters)
