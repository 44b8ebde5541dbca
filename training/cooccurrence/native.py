"""The native engine: `native/kernel.cpp`, a shared library behind ctypes, which releases the GIL while it works.

A call runs in a thread of its own while the caller's thread waits in Python: Ctrl-C is answered, and progress told,
within `_TICK` seconds. No thread outlives its call, so that forking afterwards is safe.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import compiled
from models.records import ItemVectors
from training.cooccurrence.formulas import denominators
from training.cooccurrence.problem import Job, Problem
from training.cooccurrence.statistics import Jaccard, Quotient, Statistic
from training.cooccurrence.totals import Totals, total

Progress = Callable[[int, int], None]
Numbers = NDArray[Any]

_TICK = 0.1
_HUGE = 1 << 21  # bytes of a huge page
_EDITION = 4  # of the calls below, as in kernel.cpp: whoever changes a structure or a call counts on
_STOP, _DONE = 0, 1


class _Baskets(ctypes.Structure):
    _fields_ = (
        ("n_baskets", ctypes.c_int64),
        ("n_items", ctypes.c_int64),
        ("indptr", ctypes.c_void_p),
        ("item", ctypes.c_void_p),
        ("weight", ctypes.c_void_p),
        ("anchored", ctypes.c_void_p),
        ("voter", ctypes.c_void_p),
        ("supporter", ctypes.c_void_p),
        ("threads", ctypes.c_int32),
        ("wide", ctypes.c_int32),
        ("leaders", ctypes.c_int64),
    )


class _Question(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int32),
        ("threads", ctypes.c_int32),
        ("k", ctypes.c_int64),
        ("min_support", ctypes.c_int64),
        ("left", ctypes.c_void_p),
        ("right", ctypes.c_void_p),
        ("total", ctypes.c_double),
    )


class _Answer(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_void_p) for name in ("indptr", "item", "score", "together"))


def find() -> Path | None:
    """Where the library lies: beside this module, or, for an editable install, in site-packages; None without one."""
    return compiled.find(Path(__file__).parent, "training/cooccurrence", "basket_kernel")


@cache
def library() -> ctypes.CDLL | None:
    """The library, opened once; None where it was not built, does not load or is out of date."""
    lib = compiled.opened(find(), ctypes.CDLL, "basket_edition", _EDITION)
    if lib is None:
        return None
    p = ctypes.c_void_p
    i = ctypes.c_int64
    lib.basket_sound.argtypes, lib.basket_sound.restype = [i, i, i, p, p, p, i], ctypes.c_int32
    lib.basket_plan.argtypes, lib.basket_plan.restype = [p, p, p, p, p], ctypes.c_int32
    lib.basket_bound.argtypes, lib.basket_bound.restype = [p, i], i
    lib.basket_rows.argtypes, lib.basket_rows.restype = [p, p, p, p], ctypes.c_int32
    lib.basket_free.argtypes, lib.basket_free.restype = [p], None
    return lib


def sound(indptr: NDArray[np.int64], item: Numbers, data: Numbers, n_items: int) -> bool:
    """Whether a CSR of ones is surely as the kernel wants it, told in one pass; False where it is not, or not sure.

    Args:
        indptr: int64 (n_baskets + 1,).
        item: (nnz,) item indices; sure of int32 alone.
        data: (nnz,) stored values; sure of contiguous numbers of up to 8 bytes alone.
        n_items: number of items.
    """
    lib = library()
    plain = item.dtype == np.int32 and data.dtype.kind in "buif" and data.dtype.isnative and data.itemsize <= 8
    if lib is None or not plain or len(item) != len(data) or (len(data) and data[0] != 1):
        return False
    if not (indptr.flags.c_contiguous and item.flags.c_contiguous and data.flags.c_contiguous):
        return False
    nnz = len(item)
    return bool(lib.basket_sound(len(indptr) - 1, n_items, nnz, _at(indptr), _at(item), _at(data), data.itemsize))


def neighbours(
    job: Job, progress: Progress | None = None, *, wide: bool = False, leaders: int | None = None
) -> ItemVectors:
    """The k best neighbours of every item; see `training.cooccurrence.neighbours`.

    Args:
        job: what to do.
        progress: told (rows done, rows in all), now and then and at the end.
        wide: use 64-bit places and the ways of large catalogues, as baskets beyond 2^32 entries need, on any.
        leaders: read the rows of so many of the most popular items off those of all others (plain counts, not `wide`);
            None: of as many as pays. The answer is the same.

    Raises:
        ModuleNotFoundError: the library was not built.
        MemoryError: the lists did not fit.
    """
    lib = library()
    if lib is None:
        raise ModuleNotFoundError("the native kernel was not built here; take engine='auto'")
    problem, n = job.problem, job.problem.n_items
    control = np.zeros(2, np.int64)
    item = np.ascontiguousarray(problem.item)
    baskets = _baskets(problem, item, job.threads, wide=wide, leaders=-1 if leaders is None else leaders)
    totals = Totals(np.zeros(n), np.zeros(n), total(problem))
    plan = ctypes.c_void_p()
    try:
        _run(
            lambda: lib.basket_plan(
                ctypes.addressof(baskets),
                _at(control),
                ctypes.addressof(plan),
                _at(totals.anchor),
                _at(totals.neighbour),
            ),
            control,
            lambda: None,
        )
        kind, left, right = _question(job.statistic, totals)
        room = lib.basket_bound(plan, job.k)
        indptr = np.zeros(n + 1, np.int64)
        found, score, together = _arrays(room, np.int32, np.float32, np.uint32)
        question = _Question(kind, job.threads, job.k, job.min_support, _at(left), _at(right), totals.total)
        answer = _Answer(_at(indptr), _at(found), _at(score), _at(together))
        tell = (lambda: None) if progress is None else (lambda: progress(int(control[_DONE]), n))
        _run(
            lambda: lib.basket_rows(plan, ctypes.addressof(question), ctypes.addressof(answer), _at(control)),
            control,
            tell,
        )
    finally:
        lib.basket_free(plan)
    end = int(indptr[-1])
    return ItemVectors(indptr, found[:end], score[:end], together[:end])


def _run(call: Callable[[], int], control: NDArray[np.int64], tell: Callable[[], None]) -> None:
    """Run a call of the library in a thread; whatever interrupts the wait stops the call before it goes on."""
    outcomes: list[int] = []
    ended = Event()

    def work() -> None:
        try:
            outcomes.append(call())
        finally:
            ended.set()

    Thread(target=work, name="basket-kernel").start()
    try:
        while not ended.wait(_TICK):
            tell()
        tell()
    finally:
        # An event, not Thread.join(): that one, interrupted once, takes the thread for ended (CPython 3.11). The arrays
        # must outlive the call, however often the user asks for an end.
        control[_STOP] = 1
        while not ended.is_set():
            with suppress(KeyboardInterrupt):
                ended.wait()
        control[_STOP] = 0
    if outcomes == [2]:
        raise MemoryError("the basket kernel's lists do not fit into memory; see training.cooccurrence.estimate_memory")
    if outcomes != [0]:
        raise RuntimeError(f"the basket kernel failed with outcome {outcomes}")


def _arrays(n: int, *dtypes: type[np.generic]) -> list[NDArray[Any]]:
    """Arrays of n without contents; only what is written becomes memory.

    Large ones lie one behind the other in a block that lives as long as any of them. NumPy asks the system for huge
    pages where an array has 4 MB, and is given those that lie wholly within: so room for one is left before and behind.
    Small pages would cost a run of a tenth of a second some twentieth of its time.
    """
    sizes = [n * np.dtype(dtype).itemsize for dtype in dtypes]
    if sum(sizes) < _HUGE:
        return [np.empty(n, dtype) for dtype in dtypes]
    block = np.empty(sum(sizes) + 2 * _HUGE, np.uint8)
    arrays, begin = [], -_at(block) % _HUGE
    for dtype, size in zip(dtypes, sizes, strict=True):
        arrays.append(block[begin : begin + size].view(dtype))
        begin += size
    return arrays


def _baskets(problem: Problem, item: NDArray[np.int32], threads: int, *, wide: bool, leaders: int) -> _Baskets:
    extras = (problem.weights, problem.anchor_weights, problem.voters, problem.supporters)
    pointers = [_at(problem.indptr), _at(item), *(None if extra is None else _at(extra) for extra in extras)]
    return _Baskets(problem.n_baskets, problem.n_items, *pointers, threads, int(wide), leaders)


def _question(statistic: Statistic, totals: Totals) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
    """What the kernel calls the statistic, and the (n_items,) divisors or totals that it wants."""
    if isinstance(statistic, Quotient):
        left, right = denominators(statistic, totals)
        return 0, np.ascontiguousarray(left), np.ascontiguousarray(right)
    return 1 if isinstance(statistic, Jaccard) else 2, totals.anchor, totals.neighbour


def _at(array: NDArray[np.generic]) -> int:
    return array.ctypes.data
