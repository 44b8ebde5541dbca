"""A file piece by piece, as many at a time as Polars has threads: memory holds a few pieces, never the file."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import polars as pl

Piece = TypeVar("Piece")
Made = TypeVar("Made")


def mapped(make: Callable[[Piece], Made], pieces: Iterable[Piece]) -> Iterator[Made]:
    """`make` of each piece, in their order; threads pay where `make` spends its time outside the interpreter."""
    threads = pl.thread_pool_size()
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for piece in pieces:
            waiting.append(pool.submit(make, piece))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
