"""How much memory a run will want, said before it starts."""

from __future__ import annotations

from training.cooccurrence.blocked import UPDATES_PER_BLOCK
from training.cooccurrence.engines import Engine

RESULT_BYTES = 12  # item, score, together


def estimate_memory(n_baskets: int, n_items: int, nnz: int, k: int, engine: Engine) -> int:
    """An upper bound of the bytes a run takes beside its input.

    Args:
        n_baskets: baskets.
        n_items: items.
        nnz: entries.
        k: neighbours per item.
        engine: who runs, from `pick_engine`.

    Returns:
        Bytes, the result included.
    """
    result = RESULT_BYTES * n_items * min(k, max(n_items - 1, 0))
    turned_round = 80 * nnz + 24 * (n_baskets + n_items)
    if engine == "implicit":
        return turned_round + 8 * result
    return turned_round + 2 * result + 96 * UPDATES_PER_BLOCK + 48 * n_items
