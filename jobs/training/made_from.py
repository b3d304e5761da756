"""Say in MLflow what a training was made from, and draw how it learned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jobs.export.lineage import code, features_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from lakehouse.catalog import Table
    from lakehouse.tables import Lake


def made_from(lake: Lake, tables: Sequence[Table]) -> dict[str, object]:
    """Versions of the tables that were read, the hash of all declared features, and the commit."""
    versions = {f"version of {table.name}": lake.version(table) for table in tables}
    return {**versions, "features": features_hash(), "commit": code(Path(__file__).parent)}


def learning_curves(losses: dict[str, list[float]]) -> Figure:
    """The mean loss of each epoch, one panel a stage."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    for place, (stage, values) in enumerate(losses.items(), 1):
        axes = figure.add_subplot(1, len(losses), place)
        axes.plot(range(1, len(values) + 1), values)
        axes.set(title=f"Learning {stage}", xlabel="epoch", ylabel="loss")
        axes.grid(alpha=0.3)
    return figure
