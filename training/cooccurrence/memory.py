"""How much memory a run will want, said before it starts, and how much there is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.cooccurrence.blocked import UPDATES_PER_BLOCK
from training.cooccurrence.engines import Engine
from training.cooccurrence.problem import Problem

_RESULT = 12  # item, score, together
_SHORT_IDS = 1 << 16
_SPREAD = 1 << 19  # tables from this size on lie in huge pages
_WIDE_CATALOGUE = 1 << 18
_CGROUP = Path("/sys/fs/cgroup")


def estimate_memory(problem: Problem, k: int, engine: Engine, threads: int = 1) -> int:
    """An upper bound of the bytes a run takes beside its input, the result included.

    The result has at most K entries an item and at most Σ |b|·(|b| − 1) in all; the native engine adds two lists of
    all entries, and counters per thread; the others turn the baskets round in NumPy, at about 100 bytes an entry.

    Args:
        problem: checked baskets.
        k: neighbours per item.
        engine: who runs, from `pick_engine`.
        threads: of the native engine, at least 1.
    """
    n, nnz, n_items = problem.n_baskets, len(problem.item), problem.n_items
    sizes = np.diff(problem.indptr)
    pairs = int(np.dot(sizes, sizes)) - nnz  # whole numbers: floats would wake BLAS, whose threads then spin for 0.1 s
    result = _RESULT * min(n_items * min(k, max(n_items - 1, 0)), pairs)
    if engine != "native":
        factor = 8 if engine == "implicit" else 3
        return 100 * nnz + 24 * (n + n_items) + factor * result + 100 * UPDATES_PER_BLOCK
    item_id = 2 if n_items <= _SHORT_IDS else 4
    place = 4 if 2 * nnz + 6 * n < np.iinfo(np.uint32).max else 8
    entry = item_id + place + (0 if problem.anchor_weights is None else 8)
    basket = 4 + (0 if problem.plain else 12) + (0 if problem.voters is None and problem.supporters is None else 32)
    counters = (7 if problem.plain else 12) + item_id + (0 if problem.supporters is None else 8)
    tables = 5 + threads if 8 * n_items < _SPREAD else 16 + 8 * threads
    huge_pages = tables * (2 << 20)  # what rounding up may cost
    return (
        entry * nnz
        + basket * n
        + n_items * (100 + threads * (32 + counters))
        + (_leaders(n_items, threads) if problem.plain else 0)
        + result
        + huge_pages
    )


def _leaders(n_items: int, threads: int) -> int:
    """What `native/leaders.hpp` may take beyond the places that it spares."""
    if n_items >= _WIDE_CATALOGUE:
        return 0
    pairs = 4 * min(n_items // 4, 512) ** 2
    return min(1 << 25, 2 * 512 * n_items) + pairs + threads * (pairs + 64 * n_items)


def available_memory() -> int | None:
    """Bytes that a new run may take, by the system and within the control group; None where nobody tells."""
    found = []
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
        limit = (_CGROUP / "memory.max").read_text(encoding="ascii").strip()
        if limit != "max":
            found.append(int(limit) - int((_CGROUP / "memory.current").read_text(encoding="ascii")))
    except (OSError, ValueError):
        pass
    return min(found) if found else None


def refuse_if_too_big(needed: int, limit: int | None) -> None:
    """Raise MemoryError, with what to do, where `needed` bytes exceed `limit`; None never refuses."""
    if limit is not None and needed > limit:
        raise MemoryError(
            f"the co-occurrence run may need {needed / 1e6:.0f} MB and {max(limit, 0) / 1e6:.0f} MB are free:"
            " take a smaller k, a shorter history or fewer threads, or set memory_limit yourself"
        )
