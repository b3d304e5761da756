"""Write an index and read it back, with the hashes that bind it to its model."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from lakehouse.files import write_whole
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
    """Let the folder's name mean this index, in one step; `more` is told in meta.json.

    The name is a link. Who reads during a save finds the old index or the new one, whole, and may
    read the old one to its end: it is removed by the save after the next. One process saves at a
    time.
    """
    before = os.readlink(folder) if folder.is_symlink() else f".{folder.name}.0"
    made = folder.with_name(f".{folder.name}.{int(before.rpartition('.')[2]) + 1}")
    shutil.rmtree(made, ignore_errors=True)  # of a save that was killed
    made.mkdir(parents=True)
    np.save(made / "vectors.npy", index.vectors, allow_pickle=False)
    (made / "title_ids.json").write_text(json.dumps(index.title_ids))
    if isinstance(index.searcher, ScannSearch):
        index.searcher.save(made / "scann")
    meta = told(index) | dict(more or {})
    (made / "meta.json").write_text(json.dumps(meta, indent=1, sort_keys=True))
    _point(folder, made.name)
    for old in folder.parent.glob(f".{folder.name}.*"):
        if old.name not in (made.name, before):
            shutil.rmtree(old)


def _point(folder: Path, name: str) -> None:
    """Let a folder's name be a link to its neighbour of that name."""
    if folder.exists() and not folder.is_symlink():  # what copies a var folder may resolve links
        folder.rename(folder.with_name(f".{folder.name}.0"))
    link = folder.with_name(f"{folder.name}.link")
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    link.replace(folder)


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
        # all files from one folder, whatever the name means by the time of the last
        return _load(folder.resolve(), model_hash)
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
    """Write into a model's folder which index is made from it for a night, before it is saved.

    Those before stay named behind it: until the save, the folder of the night holds one of them.
    """
    names = model / INDEXES / night
    earlier = [one for one in _named(names) if one != index_hash]
    write_whole(names, "\n".join([index_hash, *earlier[:2]]))


def _named(names: Path) -> list[str]:
    return names.read_text().split() if names.exists() else []


def load_bound(folder: Path, model: Path) -> Index:
    """Read the index of a night, named by its folder, if it and the model name each other.

    Raises IndexMismatch otherwise.
    """
    index = load(folder, model.name)
    named = _named(model / INDEXES / folder.name)
    if index.content_hash not in named:
        told = " or ".join(named) or "none"
        raise IndexMismatch("index that the model names", index.content_hash, told)
    return index
