"""Write an index and read it back, with the hashes that bind it to its model."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from models.ann_index.brute_force import BruteForce
from models.ann_index.index import Index, IndexMismatch
from models.ann_index.scann_search import ScannSearch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from models.ann_index.index import Search

INDEXES = "indexes"
"""The folder of a model that names, night by night, the indexes made from it."""


def save(index: Index, folder: Path, more: Mapping[str, object] | None = None) -> None:
    """Write the index as a folder, replacing what was there; `more` is told in meta.json."""
    staged = folder.with_name(f".{folder.name}.staged")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    np.save(staged / "vectors.npy", index.vectors, allow_pickle=False)
    (staged / "title_ids.json").write_text(json.dumps(index.title_ids))
    if isinstance(index.searcher, ScannSearch):
        index.searcher.save(staged / "scann")
    meta = told(index) | dict(more or {})
    (staged / "meta.json").write_text(json.dumps(meta, indent=1, sort_keys=True))
    shutil.rmtree(folder, ignore_errors=True)
    staged.rename(folder)


def told(index: Index) -> dict[str, Any]:
    """What meta.json says; no recall of new titles where there are none."""
    new = index.recall_new_titles
    return {
        "kind": index.kind, "model_hash": index.model_hash, "hash": index.content_hash,
        "titles": len(index.title_ids), "recall": index.recall, "reason": index.reason,
        "recall_new_titles": None if np.isnan(new) else new, "parameters": dict(index.parameters),
    }  # fmt: skip


def load(folder: Path, model_hash: str | None = None) -> Index:
    """Read an index; raises IndexMismatch if it is spoilt or of another model than the one given."""
    try:
        return _load(folder, model_hash)
    except (OSError, ValueError, KeyError) as error:  # a file of it is gone, cut short or garbage
        raise IndexMismatch(f"index in {folder}", "whole", f"not: {error!r}") from error


def _load(folder: Path, model_hash: str | None) -> Index:
    meta = json.loads((folder / "meta.json").read_text())
    if model_hash not in (None, meta["model_hash"]):
        raise IndexMismatch("model of the index", str(model_hash), meta["model_hash"])
    vectors = np.load(folder / "vectors.npy", allow_pickle=False)
    search: Search = BruteForce(vectors)
    if meta["kind"] == ScannSearch.kind:
        search = ScannSearch.load(folder / "scann", len(vectors), meta["parameters"])
    new = meta["recall_new_titles"]
    index = Index(
        tuple(json.loads((folder / "title_ids.json").read_text())), vectors, meta["model_hash"],
        search, meta["parameters"], meta["recall"], float("nan") if new is None else new,
        meta["reason"],
    )  # fmt: skip
    if index.content_hash != meta["hash"]:
        raise IndexMismatch("hash of the index", meta["hash"], index.content_hash)
    return index


def bind(model: Path, night: str, index_hash: str) -> None:
    """Write into a model's folder which index was made from it for a night."""
    (model / INDEXES).mkdir(exist_ok=True)
    (model / INDEXES / night).write_text(index_hash)


def load_bound(folder: Path, model: Path) -> Index:
    """Read the index of a night, named by its folder, if it and the model name each other.

    Raises IndexMismatch otherwise.
    """
    index = load(folder, model.name)
    written = model / INDEXES / folder.name
    named = written.read_text() if written.exists() else "none"
    if named != index.content_hash:
        raise IndexMismatch("index that the model names", index.content_hash, named)
    return index
