"""A few things are worked on at once, and what comes of them is in order."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from serving_export.titles.in_order import AT_ONCE, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_few_are_worked_on_at_once_in_order_and_no_more_are_taken() -> None:
    together = threading.Barrier(AT_ONCE, timeout=30)  # opens only to so many at once
    taken: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(3 * AT_ONCE):
            taken.append(number)
            yield number

    def doubled(number: int) -> int:
        together.wait()
        return 2 * number

    for place, result in enumerate(in_order(doubled, numbers())):
        assert result == 2 * place
        assert len(taken) <= place + AT_ONCE
    assert len(taken) == 3 * AT_ONCE


def test_what_fails_is_raised_in_its_turn() -> None:
    def work(number: int) -> float:
        return 1 / number

    made = in_order(work, [1, 2, 0, 4])
    assert [next(made), next(made)] == [1, 0.5]
    with pytest.raises(ZeroDivisionError):
        next(made)
