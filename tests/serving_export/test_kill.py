"""Kill a publisher with -9 wherever it can stand: readers see old or new, and a rerun repairs all."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from serving_export.publish import publish
from serving_export.reader import Level, Pages
from serving_export.stores.store import open_store
from serving_export.verify import Tally
from tests.serving_export import made

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.process import BaseProcess

PAGES = 40
STEPS = ("post", "put", "source", "scan", "drop")
"""What a publisher asks of a store, in whatever order it does."""
TOMORROW = made.NIGHT + timedelta(days=1)
KEPT_ONE = replace(made.TERMS, kept_versions=1)  # so that the publisher also prunes


def publish_first(place: str) -> None:
    publish(open_store(place), made.night(made.everyone(PAGES, "t1")), KEPT_ONE)


def publish_second(place: str, dying_at: int = -1) -> None:
    """Publish the next night, and die just before the step of that number."""
    store, steps = open_store(place), count()

    def step() -> None:
        if next(steps) == dying_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            step()
            return real(*(map(half_way, one) if hasattr(one, "__next__") else one for one in given))

        return call

    def half_way(batch: Any) -> Any:
        step()
        return batch

    for name in STEPS:
        setattr(store, name, counted(getattr(store, name)))
    publish(store, made.night(made.everyone(PAGES, "t2"), day=TOMORROW), KEPT_ONE)


def child(target: Callable[..., None], *given: Any) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.serving_export.test_kill"])
    # the fork server has the environment of its own start, which knows of no DynamoDB
    process = context.Process(target=in_environment, args=(dict(os.environ), target, *given))
    process.start()
    return process


def in_environment(variables: dict[str, str], target: Callable[..., None], *given: Any) -> None:
    os.environ.update(variables)
    target(*given)


def check_live(place: str, first_titles: tuple[str, ...]) -> None:
    """The live version is whole, and every reader gets its own page of that one version."""
    store = open_store(place)
    live = store.board().live
    assert live is not None
    held = Tally()
    held.add(store.scan(live.version))
    assert held == Tally(live.records, live.pages, live.page_bytes, live.checksum)
    pages = Pages(store, Path(os.devnull))  # patient: a busy table is not what was killed
    answers = pages.get_many([f"p{number:05d}" for number in range(PAGES)])
    assert {answer.level for answer in answers} == {Level.OWN}
    (shown,) = {answer.page.rows[0].title_ids[0] for answer in answers}
    assert shown in first_titles


def check_nothing_else_is_there(place: str) -> None:
    (entry,) = open_store(place).board().entries
    if place.startswith("dynamodb://"):
        table = place.removeprefix("dynamodb://")
        pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        assert sum(page["Count"] for page in pages) == entry.records + 1  # and the board
    else:
        assert os.listdir(Path(place) / "versions") == [entry.version]


def test_a_publisher_killed_at_any_step_leaves_old_or_new_and_a_rerun_repairs_it(
    new_place: Callable[[], str],
) -> None:
    killed = 0
    for step in count():
        place = new_place()
        publish_first(place)
        process = child(publish_second, place, step)
        process.join(60)
        check_live(place, ("t1", "t2"))
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        killed += 1
        publish_second(place)
        check_live(place, ("t2",))
        check_nothing_else_is_there(place)
    assert killed > 8  # it stood before, between and after the batches, the swap and the prune


def test_two_publishers_killed_one_after_the_other_leave_no_litter(
    new_place: Callable[[], str],
) -> None:
    # the second meets the half version of the first, and leaves its own
    place = new_place()
    publish_first(place)
    for step in (3, 2, 1):
        process = child(publish_second, place, step)
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        check_live(place, ("t1",))
    publish_second(place)
    check_live(place, ("t2",))
    check_nothing_else_is_there(place)
