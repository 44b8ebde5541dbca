"""The door of the basket kernel: checks, chooses an engine, lets it run."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from models.records import ItemVectors
from training.cooccurrence import blocked, checks, factored, native
from training.cooccurrence.engines import Engine, pick_engine
from training.cooccurrence.memory import available_memory, estimate_memory, refuse_if_too_big
from training.cooccurrence.native import Progress
from training.cooccurrence.problem import Job
from training.cooccurrence.statistics import Statistic, as_statistic


def neighbours(
    baskets: checks.Baskets,
    k: int,
    statistic: str | Statistic = "cosine",
    *,
    weights: NDArray[np.float32] | None = None,
    anchor_weights: NDArray[np.float32] | None = None,
    voters: NDArray[np.int32] | None = None,
    supporters: NDArray[np.int32] | None = None,
    min_support: int = 1,
    threads: int = 0,
    engine: str = "auto",
    progress: Progress | None = None,
    memory_limit: int | None = None,
) -> ItemVectors:
    """The k best neighbours of every item under a statistic of the co-occurrence C = (B∘A)ᵀ W B, without holding C.

    Which sums C, D and N are, with weights and voters: `training.cooccurrence.totals`; what a statistic makes of them:
    `training.cooccurrence.formulas`. A pair is listed when at least `min_support` baskets (distinct voters or
    supporters, where they are given) hold both items, whatever its score; an item is never its own neighbour.

    Args:
        baskets: (n_baskets, n_items) CSR; a stored 1 means bought; the items of a basket sorted, none twice.
        k: neighbours per item, at least 1.
        statistic: a name of `STATISTICS`, or a record, e.g. `asymmetric(0.3)`.
        weights: (n_baskets,) float32, w_b (time decay × size discount), finite and not negative; None = 1.
        anchor_weights: (nnz,) float32 in the order of `baskets.indices`: a_bi, the weight of basket b as seen from its
            item i as anchor; finite and not negative; None = 1.
        voters: (n_baskets,) int32, not negative, e.g. customers: a voter counts a pair once, with its weightiest
            basket; None = every basket votes.
        supporters: (n_baskets,) int32, e.g. customers, −1 for a guest, who is somebody else each time: every basket
            votes, but `min_support` counts distinct supporters, so that no single account can put a pair on a list;
            None = it counts what `together` counts. Not with voters.
        min_support: least evidence of a pair, at least 1.
        threads: of the native and implicit engines; 0 = all cores. The answer does not depend on it.
        engine: "auto", "native", "implicit" or "scipy"; see `pick_engine`.
        progress: told (rows done, rows in all) now and then; the native engine alone tells.
        memory_limit: bytes the run may take beside its input; None = what the system says is available.

    Returns:
        n_items rows by score down, then item up. `score` is float32; `together` is uint32, the number of baskets (or
        voters) with both items, without any weight. Rows of items without neighbours are empty.

    Raises:
        TypeError, ValueError: an input is not as described.
        ModuleNotFoundError: the engine asked for is not installed.
        MemoryError: the run would not fit; nothing was started.
    """
    record = as_statistic(statistic)
    for name, value, least in (("k", k, 1), ("min_support", min_support, 1), ("threads", threads, 0)):
        checks.at_least(name, value, least)
    problem = checks.problem(baskets, weights, anchor_weights, voters, supporters)
    chosen = pick_engine(record, plain=problem.plain, min_support=min_support, engine=engine)
    limit = available_memory() if memory_limit is None else memory_limit
    refuse_if_too_big(estimate_memory(problem, k, chosen, threads or os.cpu_count() or 1), limit)
    most = min(int(k), max(problem.n_items, 1))  # so that no engine reckons with more than there can be
    return unchecked(Job(problem, most, record, int(min_support), int(threads)), chosen, progress)


def unchecked(job: Job, engine: Engine, progress: Progress | None = None) -> ItemVectors:
    """`neighbours` for a job that is known to be sound and to fit, by the engine that `pick_engine` chose."""
    if engine == "native":
        return native.neighbours(job, progress)
    return factored.neighbours(job) if engine == "implicit" else blocked.neighbours(job)
