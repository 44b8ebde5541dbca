"""`recsvc.votes.merge` in compiled code: `native/votes.cpp`, a shared library behind ctypes.

A call keeps the interpreter to itself: it takes some ten microseconds, and letting others in would cost more.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from struct import pack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import compiled
from recsvc.store.contract import Row

MISSING = "the compiled votes were not built: carts are added up by NumPy, the same at a higher price"
"""For the log."""

_EDITION = 1  # of the calls below, as in votes.cpp: whoever changes one counts on
_ENTRY_BYTES = 20  # of an answer: float64 score, int32 item, anchor and together


def find() -> Path | None:
    """Where the library lies: beside this module, or, for an editable install, in site-packages; None without one."""
    return compiled.find(Path(__file__).parent, "recsvc", "votes_kernel")


@cache
def library() -> ctypes.PyDLL | None:
    """The library, opened once; None where it was not built, does not load or is out of date."""
    lib = compiled.opened(find(), ctypes.PyDLL, "votes_edition", _EDITION)
    if lib is None:
        return None
    count, column = ctypes.c_int64, ctypes.c_char_p
    lib.votes_merge.argtypes = [count, count, ctypes.c_double, column, column, column, column, ctypes.c_void_p]
    lib.votes_merge.restype = count
    return lib


def merge(
    lib: ctypes.PyDLL, rows: Sequence[Row], weights: Sequence[float], anchors: Sequence[int], plain: int, power: float
) -> tuple[NDArray[np.int32], NDArray[np.float64], Callable[[int], tuple[int, int]]]:
    """Items by score down, then item up, their scores, and who speaks loudest for each; see `recsvc.votes.merge`.

    Args:
        lib: as of `library`.
        rows: at least one entry in all.
        weights: (n_rows,), ≥ 0.
        anchors: (n_rows,), ≥ 0.
        plain: so many of the first rows count by their sum, the others by their power mean.
        power: q > 1.

    Raises:
        MemoryError: the rows are too many.
    """
    n = len(rows)
    ends = list(accumulate([len(row.item) for row in rows]))
    room = ends[-1]
    answer = ctypes.create_string_buffer(room * _ENTRY_BYTES)
    k: int = lib.votes_merge(
        n,
        plain,
        power,
        pack(f"={2 * n}q{n}d", *ends, *anchors, *weights),
        _joined([row.item for row in rows]),
        _joined([row.score for row in rows]),
        _joined([row.together for row in rows]),
        answer,
    )
    if k < 0:
        raise MemoryError("the vectors of so many lines do not fit into memory")
    cells = memoryview(answer).cast("B")
    score, item = np.frombuffer(cells, np.float64, k), np.frombuffer(cells, np.int32, k, 8 * room)
    anchor, together = cells[12 * room : 16 * room].cast("i"), cells[16 * room :].cast("i")
    return item, score, lambda at: (anchor[at], together[at])


def _joined(columns: Sequence[NDArray[Any]]) -> bytes:
    return b"".join(columns)  # type: ignore[arg-type]  # typed buffers since 3.12
