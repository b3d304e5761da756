"""Keep a Great Expectations context whose results last, and its Data Docs as static pages."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from expectations import index

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from great_expectations.data_context import AbstractDataContext

    from lakehouse.settings import Settings

NIGHTS_DOCUMENTED = 14
"""A page of Data Docs takes some 60 kB, and a night has sixteen."""


def context_of(settings: Settings) -> AbstractDataContext:
    """A context as code: results and documents below var/checks, nothing sent anywhere."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig, ProgressBarsConfig

    root = settings.at("checks")
    memory = {"class_name": "InMemoryStoreBackend"}
    stores = {
        "expectations_store": ("ExpectationsStore", memory),
        "validation_results_store": ("ValidationResultsStore", files(root / "gx" / "results")),
        "checkpoint_store": ("CheckpointStore", memory),
        "validation_definition_store": ("ValidationDefinitionStore", memory),
    }
    view = {"module_name": "expectations.offline", "class_name": "OfflinePage"}
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": files(root / "docs"),
        "site_section_builders": {
            "validations": {"view": view},
            "expectations": "None",  # a page of results says what was expected, too
            "profiling": "None",
        },
    }  # fmt: skip
    return gx.get_context(
        project_config=DataContextConfig(
            stores={n: {"class_name": c, "store_backend": b} for n, (c, b) in stores.items()},
            expectations_store_name="expectations_store",
            validation_results_store_name="validation_results_store",
            checkpoint_store_name="checkpoint_store",
            data_docs_sites={"data_docs": site},
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        )
    )


def files(folder: Path) -> dict[str, str]:
    """A store that keeps each thing as a file below a folder."""
    return {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}


def build(context: AbstractDataContext, settings: Settings, night: date, suites: set[str]) -> None:
    """Write the page of what each of these suites found, and the index over all nights.

    Only these are rendered, and the index comes from our own results: Great Expectations would
    read every result it holds again, and lay it out by scripts from other people's servers.
    """
    forget(settings, night)
    pages = [
        key
        for key in context.validation_results_store.list_keys()
        if key.run_id.run_name == night.isoformat()
        and key.expectation_suite_identifier.name in suites
    ]
    context.build_data_docs(resource_identifiers=pages, build_index=False)
    index.write(settings)


def forget(settings: Settings, night: date) -> None:
    """Drop what is kept of nights long past; this one and the newest stay."""
    for kind in ("gx/results", "docs/validations"):
        found = {
            folder: folder.name
            for folder in settings.at("checks", kind).glob("**/[0-9]*-[0-9]*-[0-9]*")
        }
        newest = sorted({*found.values(), night.isoformat()})[-NIGHTS_DOCUMENTED:]
        for folder, name in found.items():
            if name not in (*newest, night.isoformat()):
                shutil.rmtree(folder)
