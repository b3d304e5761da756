"""Draft a version from the tables of a night: its legend and its records in the order of keys."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from operator import lt
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from serving_export import parts
from serving_export.batches import Encoder, Packer, train
from serving_export.errors import BadPages
from serving_export.records import (
    LONGEST_KEY_TEXT,
    Legend,
    Page,
    Row,
    header,
    page_key,
    popular_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from numpy.typing import NDArray

Records = list[tuple[bytes, bytes]]

CHUNK_PAGES = 4096
"""Small enough that a chunk's columns stay in the cache: twice as fast as all pages at once."""
SAMPLED_PAGES = 512
"""Enough for the dictionary and for the order of titles; more changed no size by 1 %."""
MOST_RUNS = 1000
"""Tables come sorted by profile, so that only popular and hashed pages stand elsewhere."""
CHUNKS_AHEAD = 4
"""How many chunks wait encoded: memory stays flat however many pages there are."""


@dataclass(frozen=True)
class Draft:
    """One version before it is written."""

    version: str
    stamp: str
    night: date
    pages: pa.Table
    """The columns of gold.pages; '' as profile is a popular page."""
    titles: pa.Table
    """title_id, name, year and genres of the night's catalogue."""
    sources: Sequence[str]
    """The candidate sources in the order of their bits."""
    manifest: bytes

    def records(self) -> Iterator[Records]:
        """Every record, chunk by chunk, in ascending order of keys; parts come behind pages."""
        if not len(self.pages):
            raise BadPages("the table of pages is empty")
        pages, keys = self._ordered
        packer = Packer(self._dictionary)

        def encoded(chunk: pa.RecordBatch) -> list[bytes]:
            return packer.records(self._encoder.bodies(chunk))

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            parts_made = pool.submit(self._parts)
            at = 0
            for records in _ahead(pool, encoded, _chunks(pages)):
                yield list(zip(keys[at : at + len(records)], records, strict=True))
                at += len(records)
            yield sorted(parts_made.result())

    def sampled(self, count: int) -> Iterator[tuple[bytes, Page]]:
        """Keys and pages spread evenly over the version, straight from the table."""
        pages, keys = self._ordered
        for place in _spread(len(keys), count):
            (row,) = pages.slice(place, 1).to_pylist()
            rows = tuple(
                Row(
                    row["name"], row["source"], row["because_of"], tuple(row["title_ids"]),
                    tuple(row["source_bits"]), tuple(row["propensities"]),
                )
                for row in row["rows"]
            )  # fmt: skip
            region, popular = row["region"] or "", bool(row["popular"])
            yield keys[place], Page(self.version, self.stamp, self.night, region, popular, rows)

    @cached_property
    def legend(self) -> Legend:
        """Titles in the order of how often they stand on pages, so that small codes are common."""
        sample = self._sample.column("rows").combine_chunks().flatten().field("title_ids")
        counts = pc.value_counts(sample.flatten())
        seen = dict(zip(*(counts.field(n).to_pylist() for n in ("values", "counts")), strict=True))
        catalogue = self.titles.column("title_id").to_pylist()
        ordered = sorted(catalogue, key=lambda title_id: (-seen.get(title_id, 0), title_id))
        rows = [chunk.column("rows").flatten() for chunk in self.pages.to_batches()]
        names, kinds = (
            pc.unique(pa.chunked_array([row.field(name) for row in rows])).drop_null().to_pylist()
            for name in ("name", "source")
        )
        return Legend(
            (None, *ordered), tuple(sorted(names)), tuple(sorted(kinds)), tuple(self.sources)
        )

    @cached_property
    def _encoder(self) -> Encoder:
        return Encoder(header(self.version, self.stamp, self.night), self.legend)

    @cached_property
    def _sample(self) -> pa.Table:
        # slices: Arrow's take of nested columns first copies all of them
        pages = self.pages
        return pa.concat_tables([pages.slice(at, 1) for at in _spread(len(pages), SAMPLED_PAGES)])

    @cached_property
    def _dictionary(self) -> bytes:
        sample = self._sample.combine_chunks().to_batches()
        return train([body for chunk in sample for body in self._encoder.bodies(chunk).to_pylist()])

    @cached_property
    def _ordered(self) -> tuple[pa.Table, list[bytes]]:
        keys = keys_of(self.pages)
        if all(map(lt, keys, islice(keys, 1, None))):
            return self.pages, keys
        order = sorted(range(len(keys)), key=keys.__getitem__)
        ordered = [keys[place] for place in order]
        for one, next_one in pairwise(order):
            if keys[one] == keys[next_one]:
                raise BadPages(f"pages {one + 1:,} and {next_one + 1:,} of the table have one key")
        return _in_order(self.pages, np.array(order)), ordered

    def _parts(self) -> Records:
        columns = self.titles.select(["title_id", "name", "year", "genres"]).to_pydict()
        titles = [
            parts.Title(title_id, name, year, tuple(genres or ()))
            for title_id, name, year, genres in zip(*columns.values(), strict=True)
        ]
        return [
            *parts.split("dictionary", self._dictionary),
            *parts.split("last", self._last(titles)),
            *parts.split("legend", parts.legend_bytes(self.legend)),
            *parts.split("manifest", self.manifest),
            *parts.split("titles", parts.titles_bytes(titles)),
        ]

    def _last(self, titles: list[parts.Title]) -> bytes:
        """The popular pages as one self-contained file, for a reader that has lost its store."""
        popular = self.pages.filter(pc.equal(self.pages.column("profile_id"), "")).to_pylist()
        if not any(not page["region"] for page in popular):
            raise BadPages(
                "there is no popular page for everywhere, so a new profile would see nothing"
            )
        shown = {
            title_id for page in popular for row in page["rows"] for title_id in row["title_ids"]
        }
        return parts.to_json({
            "version": self.version, "stamp": self.stamp, "night": self.night.isoformat(),
            "sources": list(self.sources),
            "titles": [title for title in titles if title.title_id in shown],
            "pages": {page["region"] or "": page["rows"] for page in popular},
        })  # fmt: skip


def keys_of(pages: pa.Table) -> list[bytes]:
    """The key of each page, [P]."""
    profiles = pages.column("profile_id").combine_chunks()
    if profiles.null_count:
        raise BadPages("a page has no profile id")
    lengths = pc.binary_length(profiles).to_numpy()
    joined = pc.binary_join_element_wise("p", profiles, "")
    keys: list[bytes] = joined.cast(pa.binary()).to_pylist()
    for place in np.flatnonzero((lengths == 0) | (lengths > LONGEST_KEY_TEXT)).tolist():
        region = pages.column("region")[place].as_py() or ""
        profile = profiles[place].as_py()
        keys[place] = page_key(profile) if profile else popular_key(region)
    return keys


def _spread(length: int, count: int) -> list[int]:
    """Places spread evenly over a table, the first and the last included."""
    places: list[int] = np.unique(np.linspace(0, length - 1, count).astype(int)).tolist()
    return places


def _in_order(pages: pa.Table, order: NDArray[np.int64]) -> pa.Table:
    """The pages in this order; runs that are in order already, as nearly all are, are not copied."""
    starts = np.flatnonzero(np.diff(order, prepend=order[0] - 2) != 1)
    if len(starts) > MOST_RUNS:
        return pages.take(pa.array(order))
    lengths = np.diff(starts, append=len(order))
    runs = zip(order[starts].tolist(), lengths.tolist(), strict=True)
    return pa.concat_tables([pages.slice(start, length) for start, length in runs])


def _chunks(pages: pa.Table) -> list[pa.RecordBatch]:
    """The pages in chunks of a size that pays."""
    if pages.column("rows").num_chunks > 2 * len(pages) / CHUNK_PAGES + 8:
        pages = pages.combine_chunks()
    chunks: list[pa.RecordBatch] = pages.to_batches(max_chunksize=CHUNK_PAGES)
    return chunks


def _ahead(
    pool: ThreadPoolExecutor,
    encoded: Callable[[pa.RecordBatch], list[bytes]],
    chunks: list[pa.RecordBatch],
) -> Iterator[list[bytes]]:
    """Encode on every core while the store writes; Arrow, NumPy and zstd let go of the GIL."""
    waiting: deque[Future[list[bytes]]] = deque()
    for chunk in chunks:
        waiting.append(pool.submit(encoded, chunk))
        if len(waiting) > CHUNKS_AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
