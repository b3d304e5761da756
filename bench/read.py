"""Measure reading: a page of 100,000 by the SDK, decoded, against Redis' GET of the same record.

Profiles are drawn at random, so that the cache of the processor does not flatter anybody. Redis runs
on a free port of loopback, in memory only, and is asked through redis-py over one connection.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from bench import made_pages
from serving_export.publish import Terms, publish
from serving_export.reader import Level, Pages
from serving_export.stores.lmdb_store import LmdbStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from redis import Redis

    from serving_export.parts import Source

PROFILES = 100_000
READS = 50_000
ROUNDS = 3


def main() -> list[dict[str, Any]]:
    """Rows of p50 and p99 in microseconds; the peers take turns with us."""
    night = made_pages.night(PROFILES)
    with tempfile.TemporaryDirectory() as folder:
        entry = publish(LmdbStore(folder), night, Terms(3600.0, 1))
        pages = Pages.open(folder)
        source = LmdbStore(folder).source(entry.version)
        profiles = [f"{n:08d}" for n in np.random.default_rng(3).integers(PROFILES, size=READS)]
        assert pages.get(profiles[0]).level == Level.OWN
        rows = against_redis(pages, source, profiles)
    for row in rows:
        print(" | ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    return rows


def against_redis(pages: Pages, source: Source, profiles: list[str]) -> list[dict[str, Any]]:
    """The SDK, a raw get, and Redis where the machine has one."""
    contestants: list[Callable[[str], object]] = [
        pages.get,
        lambda profile: source([b"p" + profile.encode()]),
    ]
    if not shutil.which("redis-server"):
        print("No line for Redis: redis-server is not installed (apt-get install redis-server).")
        (ours, raw) = measured(contestants, profiles)
        return rows_of(ours, raw, None)
    with redis_server() as client:
        for start in range(0, PROFILES, 1000):
            keys = [b"p%08d" % number for number in range(start, start + 1000)]
            client.mset(source(keys))
        contestants.append(lambda profile: client.get(b"p" + profile.encode()))
        ours, raw, redis = measured(contestants, profiles)
    return rows_of(ours, raw, redis)


def measured(
    contestants: list[Callable[[str], object]], profiles: list[str]
) -> list[tuple[float, float]]:
    """p50 and p99 of each in microseconds: the best of the rounds, in which they take turns."""
    rounds = [[percentiles(one, profiles) for one in contestants] for _ in range(ROUNDS)]
    return [
        (min(p50 for p50, _ in column), min(p99 for _, p99 in column))
        for column in zip(*rounds, strict=True)
    ]


def percentiles(read: Callable[[str], object], profiles: list[str]) -> tuple[float, float]:
    """p50 and p99 in microseconds."""
    clock = time.perf_counter_ns
    times = np.empty(len(profiles))
    for place, profile in enumerate(profiles):
        start = clock()
        read(profile)
        times[place] = clock() - start
    p50, p99 = np.percentile(times, [50, 99]) / 1e3
    return float(p50), float(p99)


def rows_of(
    ours: tuple[float, float], raw: tuple[float, float], redis: tuple[float, float] | None
) -> list[dict[str, Any]]:
    """The rows; a ratio above 1 is in our favour."""
    said = f"p50 {ours[0]:.0f} us, p99 {ours[1]:.0f} us"
    rows = [
        {
            "name": f"SDK read of one of {PROFILES:,} pages, ten rows of twenty titles decoded",
            "ours": said,
            "peer": f"raw LMDB get p50 {raw[0]:.1f} us, p99 {raw[1]:.1f} us",
            "ratio": f"{raw[1] / ours[1]:.2f}",
            "target": "p99 < 100 us",
        }
    ]
    if redis:
        rows.append({
            "name": "the same against Redis GET, which gives the bytes undecoded",
            "ours": said,
            "peer": f"p50 {redis[0]:.0f} us, p99 {redis[1]:.0f} us",
            "ratio": f"{redis[1] / ours[1]:.2f}",
        })  # fmt: skip
    return rows


@contextmanager
def redis_server() -> Iterator[Redis]:
    """A Redis of our own on a free port of loopback, keeping nothing on disk."""
    from redis import Redis

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        client: Redis = Redis(port=port)
        try:
            until = time.monotonic() + 20
            while not answers(client) and time.monotonic() < until:
                time.sleep(0.05)
            yield client
        finally:
            client.close()
            server.terminate()
            server.wait()


def answers(client: Redis) -> bool:
    """Whether the server is up."""
    from redis.exceptions import ConnectionError as NotYet

    try:
        return bool(client.ping())
    except NotYet:
        return False


if __name__ == "__main__":
    main()
