"""Score pairs of profiles and titles in NumPy, from weights kept in a folder named by their hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lakehouse.errors import MarqueeError
from lakehouse.files import whole_folder
from models.last_titles import LastTitles
from models.ranker.calibration import Line
from models.ranker.encoding import Encoding
from models.ranker.heads import HEADS, WATCH

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from models.ranker.examples import Columns
    from models.ranker.network import Layers

KEPT = "last_titles_"
LAST_TITLES = ("watched", "coming", "weights", "popularity")
ROWS_AT_ONCE = 65_536  # inputs and layers of so many rows stay in the processor's cache and memory


class BrokenRanker(MarqueeError):
    """The folder of a ranker does not hold what its name says."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"The ranker in {folder} was not loaded, because {why}: "
            "clear train_ranker for that night, or point the alias live at another version."
        )


@dataclass(frozen=True)
class Ranker:
    """A trained ranker: encoding, layers, calibrated heads."""

    encoding: Encoding
    layers: Layers
    lines: dict[str, Line]
    """Head to calibration, in the order of the layers' outputs; absent heads are not here."""
    score_names: list[str]
    """The score features it was trained with, besides the declared ones."""
    facts: dict[str, Any]
    """What else meta.json says: recipe, counts, absent heads and why."""
    title_ids: Sequence[str] = ()
    """The titles that its model of last titles knows, in the order of that model's codes."""

    def with_last_titles(self, title_ids: Sequence[str], model: LastTitles) -> Ranker:
        """The same ranker, which brings the model of its feature `last_titles` with it."""
        arrays = {field: getattr(model, field) for field in LAST_TITLES}
        kept = {f"{KEPT}{field}": array for field, array in arrays.items()}
        return replace(self, layers=self.layers | kept, title_ids=list(title_ids))

    def last_titles(self, title_ids: Sequence[str]) -> LastTitles | None:
        """That model by the codes of these titles; None where the ranker has none."""
        if not self.title_ids:
            return None
        model = LastTitles(*(self.layers[f"{KEPT}{field}"] for field in LAST_TITLES))
        return model.of_titles(self.title_ids, title_ids)

    @property
    def heads(self) -> list[str]:
        """The outcomes that it predicts."""
        return list(self.lines)

    def logits(self, columns: Columns) -> NDArray[np.float32]:
        """[rows, heads] before calibration."""
        rows = len(next(iter(columns.values())))
        parts = []
        for start in range(0, max(rows, 1), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            inputs = self.encoding.matrix({name: column[part] for name, column in columns.items()})
            parts.append(forward(self.layers, inputs))
        return np.concatenate(parts)

    def probabilities(self, columns: Columns) -> dict[str, NDArray[np.float32]]:
        """Head to [rows] calibrated probabilities."""
        logits = self.logits(columns)
        return {
            head: line.probabilities(logits[:, place])
            for place, (head, line) in enumerate(self.lines.items())
        }

    def utilities(self, columns: Columns) -> NDArray[np.float32]:
        """[rows] what a title is worth to a profile: higher is better.

        The log of P(watched) times (1 + worth * probability) for each further head: in logarithms
        the best candidates stay apart where probabilities crowd.
        """
        chances = self.probabilities(columns)
        utilities = np.log(np.maximum(chances[WATCH.name], 1e-12))
        for head in HEADS:
            if head is not WATCH and head.name in chances:
                utilities += np.log1p(head.worth * chances[head.name])
        return utilities.astype(np.float32)

    def save(self, root: Path) -> tuple[str, Path]:
        """Write ROOT/<model_hash>/meta.json and weights.npz; the hash is that of both contents.

        The folder appears whole or not at all. One that is whole already may be live: it stays as it
        is, and only a spoilt one is replaced.
        """
        meta = {
            "encoding": self.encoding.to_json(),
            # a list: their order is that of the layers' outputs
            "heads": [[head, *line] for head, line in self.lines.items()],
            "score_names": self.score_names,
            "title_ids": list(self.title_ids),
            **self.facts,
        }
        model_hash = content_hash(meta, self.layers)
        folder = root / model_hash
        if not is_whole(folder):
            with whole_folder(folder) as staged:
                np.savez(staged / "weights.npz", **self.layers)  # type: ignore[arg-type]
                text = json.dumps({"model_hash": model_hash, **meta}, indent=1, sort_keys=True)
                (staged / "meta.json").write_text(text)
        return model_hash, folder


def is_whole(folder: Path) -> bool:
    """Whether a folder is there and holds what its name says."""
    try:
        load(folder)
    except BrokenRanker:
        return False
    return True


def load(folder: Path) -> Ranker:
    """Read a ranker; raises BrokenRanker unless its content has the hash that its folder names."""
    try:
        meta = json.loads((folder / "meta.json").read_text())
        with np.load(folder / "weights.npz", allow_pickle=False) as stored:
            layers = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, KeyError) as error:
        raise BrokenRanker(folder, f"it cannot be read ({error})") from error
    model_hash = meta.pop("model_hash")
    if content_hash(meta, layers) != model_hash or folder.name != model_hash:
        raise BrokenRanker(folder, "its content does not have the hash that names it")
    return Ranker(
        Encoding.from_json(meta.pop("encoding")),
        layers,
        {head: Line(slope, shift) for head, slope, shift in meta.pop("heads")},
        meta.pop("score_names"),
        title_ids=meta.pop("title_ids"),
        facts=meta,
    )


def forward(layers: Layers, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """[rows, heads] of [rows, inputs]: what `network.train` computes, without TensorFlow."""
    shared = inputs @ layers["bottom"]
    shared += layers["bottom_shift"]
    np.maximum(shared, 0, out=shared)
    logits: NDArray[np.float32] = shared @ layers["heads"] + inputs @ layers["wide"]
    return logits + layers["shift"]


def content_hash(meta: dict[str, Any], layers: Layers) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of meta and weights."""
    digest = hashlib.sha256(json.dumps(meta, sort_keys=True).encode())
    for name in sorted(layers):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(layers[name]).tobytes())
    return digest.hexdigest()[:16]
