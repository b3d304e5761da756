"""Take what tables say of titles and profiles by the codes of histories: for a night, the gate, an evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.recommend.attributes import Audience, Catalogue, codes_of

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from features.histories import Histories


@dataclass(frozen=True)
class Known:
    """What the candidate stage knows besides histories."""

    catalogue: Catalogue
    audience: Audience
    liked: NDArray[np.int64]
    """Pairs, profile code * titles + title code."""
    disliked: NDArray[np.int64]
    """Pairs likewise."""

    @classmethod
    def of(
        cls, histories: Histories, events: pa.Table, profiles: pa.Table, titles: pa.Table
    ) -> Known:
        """Read rows of EVENTS, PROFILES and TITLES; histories hold every id of the latter two."""
        regions = [one for one in profiles["region"].unique().to_pylist() if one]
        catalogue = Catalogue.of(titles, histories.title_ids, regions)
        return cls(
            catalogue,
            Audience.of(profiles, histories.profile_ids, catalogue.region_names),
            _opinions(events, histories, "like"),
            _opinions(events, histories, "dislike"),
        )


def _opinions(events: pa.Table, histories: Histories, kind: str) -> NDArray[np.int64]:
    """The pairs of profile and title of which an event of this kind is known."""
    import pyarrow.compute as pc

    given = events.filter(pc.equal(events["type"], kind))
    profiles = codes_of(given["profile_id"], histories.profile_ids)
    titles = codes_of(given["title_id"], histories.title_ids)
    known = (profiles >= 0) & (titles >= 0)
    return np.unique(profiles[known] * len(histories.title_ids) + titles[known])
