"""A title is erased after the tasks that work on it, so that none of them leaves a picture of it."""

from __future__ import annotations

import time
from datetime import date
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from jobs.encode import undoing
from jobs.encode.order import Order, place
from jobs.encode.taking_in import each_title, part
from lakehouse.locks import if_free

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jobs.encode.production import Production
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake

NIGHT = date(2026, 1, 10)
ORDER = Order("clip", "/films/clip.mp4", NIGHT.isoformat(), master_sha256="ab", protect="none")


def one_part(settings: Settings, step: Callable[[Production], list[Any]]) -> None:
    part(settings, NIGHT, "clip/rung", lambda production, _: step(production) and None)


def whole(settings: Settings, step: Callable[[Production], list[Any]]) -> None:
    each_title(settings, NIGHT, step)


@pytest.mark.parametrize("task", [one_part, whole])
def test_an_erasure_waits_for_tasks_and_none_begins_behind_it(
    lake: Lake, capfd: pytest.CaptureFixture[str], task: Callable[..., None]
) -> None:
    """One that was erased meanwhile left the file that a task was making, until it was erased again."""
    settings, begun, go_on = lake.settings, Event(), Event()
    place(settings, ORDER)
    work = settings.at("titles", "work", "clip")

    def encodes(_: Production) -> list[Any]:
        begun.set()
        go_on.wait(30)
        work.mkdir(parents=True, exist_ok=True)
        (work / "rung.mp4").write_bytes(b"a picture of it")
        return []

    first = Thread(target=task, args=(settings, encodes))
    first.start()
    assert begun.wait(30)
    erasing = Thread(target=undoing.erase, args=(lake, "clip", Console()))
    erasing.start()
    waits(settings.at("locks", "parts.clip.turn"))
    late: list[Path] = []
    second = Thread(target=task, args=(settings, lambda _: late.append(work) or []))
    second.start()
    go_on.set()
    for thread in (first, erasing, second):
        thread.join(30)
    assert (late, work.exists()) == ([], False)
    told = " ".join(capfd.readouterr().out.split())
    assert told.startswith(
        "clip plays no more; it is erased when what works on it has ended. clip is erased"
    )


def waits(lock: Path) -> None:
    """Return when somebody holds a lock."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with if_free(lock) as is_free:
            if not is_free:
                return
        time.sleep(0.01)
    pytest.fail(f"nobody holds {lock}")
