"""Say what every baseline can do: score all titles for a block of profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from features.histories import Histories


class Baseline(Protocol):
    """A model that needs nothing but histories; fitted and asked with the same title codes."""

    name: str

    def scores(self, histories: Histories, block: slice) -> NDArray[np.float32]:
        """[block, titles] higher is better; the profiles need not be those of the fit."""
        ...
