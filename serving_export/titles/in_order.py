"""Work on a few things at once and take what comes of them in order, in bounded memory."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    Result = TypeVar("Result")
    Thing = TypeVar("Thing")

AT_ONCE = 4
"""Each with a part of 16 MiB and a connection of its own."""


def in_order(work: Callable[[Thing], Result], things: Iterable[Thing]) -> Iterator[Result]:
    """What `work` makes of each thing, or raises; none is taken before there is a thread for it."""
    begun: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for thing in things:
            begun.append(pool.submit(work, thing))
            if len(begun) == AT_ONCE:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
