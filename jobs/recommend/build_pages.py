"""Build the pages that every profile will see, and the popular page of every region."""

from __future__ import annotations

import logging
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from jobs.recommend.compose import Composer
from jobs.recommend.filters import check_limits
from jobs.recommend.inputs import read_affinities, read_inputs
from jobs.recommend.live import live_ranker, live_towers
from jobs.recommend.tables import Counts, Labels, pages_table
from lakehouse.catalog import FILTER_COUNTS, PAGES, PLAYABLE_TITLES, SOURCE_COUNTS
from lakehouse.errors import MarqueeError
from lakehouse.pins import pin
from models.top_titles import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from datetime import date

    import pyarrow as pa

    from jobs.recommend.rank import Utility
    from lakehouse.tables import Lake

Made = TypeVar("Made")
log = logging.getLogger(__name__)


def page_tables(composer: Composer, utility: Utility | None, counts: Counts) -> Iterator[pa.Table]:
    """Rows of PAGES in the order of their keys: popular pages, then profiles block by block.

    Without utility every profile gets the popular page of its region. Raises FilterRemovedTooMuch
    behind the last block, so that whoever writes them all or nothing writes nothing.
    """
    funnel, labels = composer.funnel, Labels.of(composer.funnel.catalogue)
    names = np.array([*funnel.catalogue.region_names, ""], dtype=object)
    order = np.argsort(names, kind="stable")
    yield pages_table(
        composer.popular.take(order), [""] * len(names), names[order].tolist(), labels
    )
    ids = funnel.histories.profile_ids

    def made(block: slice) -> tuple[pa.Table, Counts]:
        own = Counts()
        if utility is None:
            pages = composer.unranked(block, own)
        else:
            pages = composer.personal(block, utility, own)
        regions = names[funnel.audience.regions[block]]
        return pages_table(pages, ids[block], regions.tolist(), labels), own

    for table, own in in_order(made, blocks(len(ids), len(funnel.histories.title_ids))):
        counts.add(own)
        yield table
    check_limits(counts.asked, counts.removed, funnel.policy)


def in_order(make: Callable[[slice], Made], parts: Iterator[slice]) -> Iterator[Made]:
    """What `make` gives for each block, in order, made by as many threads as there are cores.

    Most of the work is NumPy's and runs side by side; no more blocks are in memory than threads + 1.
    """
    threads = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Made]] = deque()
        for part in parts:
            waiting.append(pool.submit(make, part))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def write_pages(lake: Lake, night: date, tables: Iterator[pa.Table]) -> None:
    """Write the pages as they are made; nothing at all where making them fails."""
    import pyarrow as pa
    from deltalake.exceptions import DeltaError

    first = next(tables)
    stopped: list[MarqueeError] = []

    def batches() -> Iterator[pa.RecordBatch]:
        yield from first.to_batches()
        try:
            for table in tables:
                yield from table.to_batches()
        except MarqueeError as error:
            stopped.append(error)  # the writer would wrap it in an error of its own
            raise

    try:
        lake.write(PAGES, pa.RecordBatchReader.from_batches(first.schema, batches()), night)
    except DeltaError:
        if stopped:
            raise stopped[0] from None
        raise


def main(lake: Lake, night: date) -> None:
    """Write PAGES, and what filters and sources did to FILTER_COUNTS and SOURCE_COUNTS."""
    list_read = lake.version(PLAYABLE_TITLES)  # titles are published at any hour
    inputs = read_inputs(lake, night, list_read)
    towers = live_towers(lake, night, inputs.histories)
    funnel = inputs.funnel(towers.source(inputs.policy) if towers else None)
    affinities = read_affinities(lake, night, funnel)
    composer = Composer.of(funnel, affinities, lake.settings.seed, night)
    utility = live_ranker(lake, night, inputs.histories, towers)
    if utility is None:
        log.warning("No ranker is live, so every profile gets the popular page of its region.")
    counts = Counts()
    write_pages(lake, night, page_tables(composer, utility, counts))
    if inputs.policy.unplayable == "remove":
        pin(lake, PLAYABLE_TITLES, night, list_read)
    lake.write(FILTER_COUNTS, counts.filter_table(inputs.policy.filters), night)
    lake.write(SOURCE_COUNTS, counts.source_table(), night)
    log.info("%d pages, %d of them popular pages of a region.", counts.pages, counts.popular)
