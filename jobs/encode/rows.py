"""Turn what was made of titles into rows of the lake's tables."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lakehouse.writing import arrow_schema

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from jobs.encode.assembly import Assembly
    from jobs.encode.order import Order
    from jobs.encode.production import Production
    from lakehouse.catalog import Table
    from lakehouse.tables import Lake

Row = dict[str, Any]


def write(lake: Lake, table: Table, night: date, rows: Iterable[Row]) -> None:
    """Update these rows by their key; a night of which there is none is held as an empty one."""
    schema = arrow_schema(table)
    told = [{**dict.fromkeys(schema.names), **row, "night": night} for row in rows]
    if told:
        lake.merge(table, pa.Table.from_pylist(told, schema))
    elif night not in lake.nights(table):
        lake.write(table, schema.empty_table(), night)


def master(order: Order, production: Production | None) -> Row:
    """What a master was ordered as, and what was found in it unless it was refused."""
    row: Row = {
        "title_id": order.title_id, "file": Path(order.file).name,
        "master_sha256": order.master_sha256, "state": "refused" if order.refused else "accepted",
        "reason": order.refused, "codecs": list(order.codecs), "target_vmaf": order.target_vmaf,
        "protect": order.protect,
    }  # fmt: skip
    if production is not None:
        found = production.master
        row |= {
            "width": found.width, "height": found.height, "fps": found.fps,
            "frames": found.frames, "seconds": found.seconds,
        }  # fmt: skip
    return row


def shots(production: Production) -> list[Row]:
    """A row a shot."""
    order = production.order
    return [
        {"title_id": order.title_id, "master_sha256": order.master_sha256, "shot": shot.number,
         "first_frame": shot.first_frame, "frames": shot.frames}
        for shot in production.shots
    ]  # fmt: skip


def probes(production: Production) -> list[Row]:
    """A row a probe."""
    order = production.order
    named = {"title_id": order.title_id, "master_sha256": order.master_sha256}
    return [named | asdict(one) for told in production.probed.values() for one in told]


def renditions(assembly: Assembly) -> list[Row]:
    """A row for each rung that was encoded, whether it ships or not."""
    order = assembly.production.order
    rows = []
    for one in assembly.production.renditions:
        reasons, rung, score = assembly.reasons[one.rung.name], one.rung, one.score
        rows.append({
            "title_id": order.title_id, "sha256": one.sha256, "master_sha256": order.master_sha256,
            "rendition": rung.name, "codec": rung.codec, "width": rung.width,
            "height": rung.height, "crf": rung.crf, "kbps_predicted": rung.kbps, "kbps": one.kbps,
            "peak_kbps": one.peak_kbps,
            "vmaf_predicted": None if rung.fixed else rung.vmaf, "vmaf": score.mean,
            "vmaf_harmonic": score.harmonic, "vmaf_p1": score.p1, "worst_shot": score.worst_shot,
            "worst_shot_number": score.worst_shot_number, "vmaf_model": score.model,
            "ships": not reasons, "reason": "; ".join(reasons), "cpu_seconds": one.cpu_seconds,
        })  # fmt: skip
    return rows


def playable(receipt: Row) -> Row:
    """The version that plays, from its receipt."""
    shipped = [rung for rung in receipt["ladder"] if rung["ships"]]
    best = max(shipped, key=lambda rung: rung["vmaf"])
    return {
        "title_id": receipt["title_id"], "version": receipt["version"],
        "master_sha256": receipt["master"]["sha256"], "protect": receipt["protect"],
        "key_version": receipt["key_version"], "renditions": len(shipped),
        "top_height": best["height"], "top_vmaf": best["vmaf"],
        "seconds": receipt["master"]["seconds"], "bytes": receipt["bytes"],
    }  # fmt: skip
