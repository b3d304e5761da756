"""Say what made a night's pages: every input by the hash of its content, absent ones as null."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.results import verdicts
from features.declared import FEATURES
from jobs.recommend.inputs import policy_of
from lakehouse import PACKAGES
from lakehouse.catalog import (
    CO_WATCHES,
    EVENT_COUNTS,
    PAGES,
    PLAYABLE_TITLES,
    PROFILE_FEATURES,
    PROFILES,
    TITLE_FEATURES,
    TITLE_VECTORS,
    TITLES,
    TRANSITIONS,
    VERSIONS,
)
from lakehouse.errors import MissingTable
from lakehouse.pins import as_pinned, version_read
from serving_export.content_hash import content_hash
from serving_export.manifest import Manifest
from serving_export.records import SCHEMA

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa

    from lakehouse.catalog import Table
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake

Json = dict[str, Any]
INPUTS = (
    PROFILES, EVENT_COUNTS, PROFILE_FEATURES, TITLE_FEATURES, CO_WATCHES, TRANSITIONS,
    TITLE_VECTORS,
)  # fmt: skip
"""Hashed beside pages and titles. Of events only the counts of the nights are: hashing the whole
history every night would cost more than the night, and what it says is in the features."""
HASHED = ("hash", "seed")
"""How names of things end that a meta.json may add to the content: no times, no run ids."""
RUN_VARIABLES = ("AIRFLOW_CTX_DAG_ID", "AIRFLOW_CTX_DAG_RUN_ID", "AIRFLOW_CTX_TRY_NUMBER")
"""Which run of Airflow this is: no setting, and kept outside of what is hashed."""


def manifest_of(lake: Lake, night: date, pages: pa.Table, titles: pa.Table) -> Manifest:
    """The manifest of a night: what the stamp hashes, and what stands beside it."""
    settings = lake.settings
    index = read_meta(settings.at("index", night.isoformat(), "meta.json"))
    gate = read_meta(settings.at("gate", f"{night.isoformat()}.json"))
    inputs = (*INPUTS, PLAYABLE_TITLES) if settings.unplayable == "remove" else INPUTS
    tables = {PAGES: pages, TITLES: titles, **{t: _rows_of(lake, t, night) for t in inputs}}
    content = {
        "record_schema": SCHEMA,
        "night": night.isoformat(),
        "code": code(Path(__file__).parent),
        "seed": settings.seed,
        "tables": {table.name: _told(table, rows) for table, rows in tables.items()},
        "features": features_hash(),
        "models": {
            "two_tower": _model_of(tables[TITLE_VECTORS]),
            "ranker": _ranker_of(settings, night, gate),
        },
        "gate": gate and {"passed": gate["passed"]},
        "index": named(index),
        "policy": policy_of(settings).content_hash,
        "counts": _counts(pages, titles),
        # the check of VERSIONS comes behind: a rerun would find it and get another stamp
        "checks": {k: v for k, v in verdicts(settings, night).items() if k != VERSIONS.name},
    }
    beside = {
        "table_versions": {table.name: version_read(lake, table, night) for table in tables},
        "run": {name: os.environ[name] for name in RUN_VARIABLES if name in os.environ},
        "index": index,
        "gate": gate,
    }
    return Manifest(content, beside)


def code(folder: Path) -> str:
    """The commit of the code, with a hash of what is not committed; outside of git, the release.

    Of files that git does not know yet, those count that lie among the code.
    """
    head, top = _git(folder, "rev-parse", "HEAD"), _git(folder, "rev-parse", "--show-toplevel")
    if head is None or top is None:
        return f"marquee {version('marquee')}"
    changed = _git(folder, "diff", "HEAD") or b""
    changed += _untracked(Path(os.fsdecode(top).rstrip("\n")))
    commit = head.decode().strip()
    return f"{commit}+{hashlib.sha256(changed).hexdigest()[:12]}" if changed else commit


def _untracked(project: Path) -> bytes:
    """Names and contents of the files below our packages that were never added to git."""
    options = ("-z", "--others", "--exclude-standard", "--")
    listed = _git(project, "ls-files", *options, *PACKAGES, "dags") or b""
    names = (os.fsdecode(name) for name in sorted(listed.split(b"\0")) if name)
    files = [project / name for name in names]
    return b"".join(
        f"{file.relative_to(project)} {file.stat().st_size}\n".encode() + file.read_bytes()
        for file in files
        if file.is_file()
    )


def _git(folder: Path, *arguments: str) -> bytes | None:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - whichever git there is
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        return None
    return None if done.returncode else done.stdout


def read_meta(path: Path) -> Json | None:
    """What a part of the night says of itself, or None where it was not made."""
    if not path.exists():
        return None
    found: Json = json.loads(path.read_text())
    return found


def named(meta: Json | None) -> Json | None:
    """What of a meta.json is content: the hashes and seeds, at any depth."""
    if meta is None:
        return None
    kept: Json = {}
    for name, value in meta.items():
        if isinstance(value, dict):
            if below := named(value):
                kept[name] = below
        elif name.endswith(HASHED):
            kept[name] = value
    return kept


def _rows_of(lake: Lake, table: Table, night: date) -> pa.Table | None:
    try:
        return as_pinned(lake, table, night)
    except MissingTable:
        return None


def _told(table: Table, rows: pa.Table | None) -> Json | None:
    if rows is None:
        return None
    return {"rows": len(rows), "hash": content_hash(rows, table.one_row_per)}


def features_hash() -> str:
    """The declarations of all features: another default or window is another hash."""
    told = json.dumps(
        [asdict(feature) for feature in FEATURES],
        default=lambda value: getattr(value, "__qualname__", str(value)),
        sort_keys=True,
    )
    return hashlib.sha256(told.encode()).hexdigest()


def _model_of(vectors: pa.Table | None) -> list[str] | None:
    if vectors is None:
        return None
    hashes: list[str] = vectors.column("model_hash").unique().to_pylist()
    return sorted(hashes)


def _ranker_of(settings: Settings, night: date, gate: Json | None) -> str | None:
    """The ranker that the pages were ranked by: the night's own, where the gate let it live."""
    if gate and gate["passed"]:
        return str(gate["models"]["ranker"])
    from jobs.recommend.live import ranker_hash  # opening the registry takes seconds

    return ranker_hash(settings, night)


def _counts(pages: pa.Table, titles: pa.Table) -> Json:
    import pyarrow.compute as pc

    slots = pc.list_flatten(pc.struct_field(pc.list_flatten(pages.column("rows")), "title_ids"))
    return {
        "pages": len(pages),
        "popular_pages": pc.sum(pages.column("popular")).as_py() or 0,
        "slots": len(slots),
        "titles": len(titles),
    }
