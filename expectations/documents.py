"""Keep a Great Expectations context whose results last, and its Data Docs as static pages."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from great_expectations.data_context import AbstractDataContext

    from lakehouse.settings import Settings

NIGHTS_DOCUMENTED = 7
"""Data Docs read every result they list again, so their cost grows with the nights they hold."""
SITE = "data_docs"


def context_of(settings: Settings) -> AbstractDataContext:
    """A context as code: results and documents below var/checks, nothing sent anywhere."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig, ProgressBarsConfig

    root = settings.at("checks")
    memory = {"class_name": "InMemoryStoreBackend"}
    stores = {
        "expectations_store": ("ExpectationsStore", files(root / "gx" / "suites")),
        "validation_results_store": ("ValidationResultsStore", files(root / "gx" / "results")),
        "checkpoint_store": ("CheckpointStore", memory),
        "validation_definition_store": ("ValidationDefinitionStore", memory),
    }
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": files(root / "docs"),
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    return gx.get_context(
        project_config=DataContextConfig(
            stores={n: {"class_name": c, "store_backend": b} for n, (c, b) in stores.items()},
            expectations_store_name="expectations_store",
            validation_results_store_name="validation_results_store",
            checkpoint_store_name="checkpoint_store",
            data_docs_sites={SITE: site},
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        )
    )


def files(folder: Path) -> dict[str, str]:
    """A store that keeps each thing as a file below a folder."""
    return {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}


def build(context: AbstractDataContext, settings: Settings, night: date, tables: list[str]) -> None:
    """Write the pages of these tables and the index, and drop those of nights long past."""
    forget(settings, night)
    context.build_data_docs()
    del tables


def forget(settings: Settings, night: date) -> None:
    """Keep the results of the newest nights only, this one among them."""
    del night
    for kind in ("gx/results", "docs/validations"):
        found = sorted(settings.at("checks", kind).glob("*/*/*"))
        nights = sorted({folder.name for folder in found})[:-NIGHTS_DOCUMENTED]
        for folder in found:
            if folder.name in nights:
                shutil.rmtree(folder)
