"""Give every title of the night its vector, and find the fastest index that loses nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from features.watches import histories
from jobs.training.two_tower_nights import TWO_TOWER, last_training, root, two_tower_of
from jobs.training.verdicts import live_for
from lakehouse.catalog import PROFILES, TITLE_VECTORS, TITLES
from lakehouse.errors import MarqueeError
from models.ann_index import bind, choose, save
from models.ann_index.brute_force import BruteForce
from models.ann_index.choose import ANN_PAYS_TITLES, LEAST_RECALL
from models.ann_index.frontier import picture, queries_per_second
from models.tracking import CANDIDATE, LIVE, Tracking
from models.two_tower import ProfileAttributes, TitleAttributes

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa
    from numpy.typing import NDArray

    from lakehouse.settings import Settings
    from lakehouse.tables import Lake
    from models.ann_index import Index
    from models.two_tower import Towers

log = logging.getLogger(__name__)


class NothingTrained(MarqueeError):
    """There is no two-tower for a night."""

    def __init__(self, night: date) -> None:
        super().__init__(
            f"No two-tower was trained up to {night}, so titles have no vectors: "
            "run train_two_tower_weekly for this night first."
        )


def chosen_model(settings: Settings, night: date) -> tuple[str, str]:
    """The hash and alias of the model to serve: the live one, before any is live the candidate.

    A rerun of an earlier night takes what was live then. A model whose folder is gone is for none.
    Raises NothingTrained.
    """
    live = live_for(settings, night).get(TWO_TOWER)
    if live is not None and (root(settings) / live / "meta.json").exists():
        return live, LIVE
    training = last_training(settings, night)
    if training is None:
        raise NothingTrained(night)
    return training.model_hash, CANDIDATE


def vectors_table(titles: list[str], vectors: NDArray[np.float32], model_hash: str) -> pa.Table:
    """One row a title: its id, its vector and the model that it is from."""
    import pyarrow as pa

    ends = np.arange(0, vectors.size + 1, vectors.shape[1], dtype=np.int32)
    return pa.table({
        "title_id": titles,
        "vector": pa.ListArray.from_arrays(ends, vectors.ravel()),
        "model_hash": [model_hash] * len(titles),
    })  # fmt: skip


def main(lake: Lake, night: date, ann_pays_titles: int = ANN_PAYS_TITLES) -> None:
    """Write the vectors of all titles and the index over them."""
    settings = lake.settings
    model_hash, alias = chosen_model(settings, night)
    towers = two_tower_of(settings, model_hash)
    titles, watched = lake.arrow(TITLES, night), histories(lake, night)
    vectors = towers.title_vectors(watched.title_ids, TitleAttributes.of(titles))
    attributes = ProfileAttributes.of(lake.arrow(PROFILES, night))
    queries = towers.profile_vectors(watched, attributes)
    new = _new(towers, watched.title_ids)
    index = choose(watched.title_ids, vectors, model_hash, queries, new, ann_pays_titles)
    lake.write(TITLE_VECTORS, vectors_table(watched.title_ids, vectors, model_hash), night)
    more = {"alias": alias, "night": night.isoformat(), "new_titles": int(new.sum())}
    bind(root(settings) / model_hash, night.isoformat(), index.content_hash)
    save(index, settings.at("index", night.isoformat()), more)
    log.info("%s over %d titles: %s", index.kind, len(vectors), index.reason)
    _record(settings, night, index, queries)


def _new(towers: Towers, title_ids: list[str]) -> NDArray[np.bool_]:
    """[titles] what training did not know."""
    return ~np.isin(np.asarray(title_ids), np.asarray(towers.title_ids))


def _record(settings: Settings, night: date, index: Index, queries: NDArray[np.float32]) -> None:
    """Log what was tried, where anything was."""
    with Tracking(settings).run("index", f"index {night.isoformat()}") as run:
        run.parameters({"kind": index.kind, "reason": index.reason, **index.parameters})
        run.tags({
            "night": night.isoformat(), "model_hash": index.model_hash,
            "index_hash": index.content_hash,
        })  # fmt: skip
        run.metrics({"recall@100": index.recall, "recall@100 new titles": index.recall_new_titles})
        if index.frontier:
            exact = queries_per_second(BruteForce(index.vectors), queries[:100])
            run.picture("frontier.png", picture(index.frontier, exact, LEAST_RECALL))
