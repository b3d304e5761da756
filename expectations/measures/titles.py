"""Measure masters and renditions: what a verdict asks for and is not said, and how far off it is."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from expectations.measures import Columns, Known, flags, plain


def masters(rows: pa.Table, known: Known) -> Columns:
    """A refusal without a reason, and an accepted file of which something is not known."""
    del known
    refused = pc.equal(rows["state"], "refused")
    wanted = [rows[name] for name in ("master_sha256", "width", "height", "frames")]
    lacking = sum(flags(pc.is_null(column)) for column in wanted)
    return {
        "refused_unsaid": pa.array(flags(refused) * _unsaid(rows["reason"])),
        "accepted_unmeasured": pa.array(flags(pc.invert(refused)) * lacking),
    }


def renditions(rows: pa.Table, known: Known) -> Columns:
    """What is held back without a reason, rates that cannot be, and the error of the prediction."""
    del known
    held_back = flags(pc.invert(pc.fill_null(rows["ships"], True)))
    return {
        "held_back_unsaid": pa.array(held_back * _unsaid(rows["reason"])),
        "peak_below_mean": pa.array(flags(pc.less(rows["peak_kbps"], rows["kbps"]))),
        "off_prediction": plain(pc.subtract(rows["vmaf"], rows["vmaf_predicted"])),
    }


def _unsaid(words: pa.ChunkedArray) -> pa.Array:
    return flags(pc.equal(pc.utf8_length(pc.fill_null(words, "")), 0))
