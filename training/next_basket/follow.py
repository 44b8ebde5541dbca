"""What follows what: a ridge regression of a customer's next visit on the visits before it.

    B = (Σ_s w_s·X_sᵀX_s + λ·I)⁻¹ · Σ_s w_s·X_sᵀY_s,   score = x·B

X_s: customers × items, visits decayed by age and scaled to length 1, seen before the s-th visit from the end; Y_s: ones
for what that visit held; w_s = 0.7^s. Only the most bought items take part: the others are rare enough for
`Knowledge.together` to speak of them. An item's own row speaks of buying again. The closed form is that of linear
autoencoders (Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019), the next visit being the target.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from training.next_basket.alike import decayed, unit
from training.next_basket.visits import Visits, without_last

MOST_ITEMS = 2_500
_BACK, _OLDER, _DECAY, _RIDGE = 3, 0.7, 0.9, 40.0


@dataclass(frozen=True, slots=True, eq=False)
class Follow:
    """The regression.

    Attributes:
        item: int64 (m,), the items that take part, rising.
        weight: float32 (m, m), B.
    """

    item: NDArray[np.int64]
    weight: NDArray[np.float32]

    def scores(self, customers: Visits) -> NDArray[np.float32]:
        """`x·B` of each customer, float32 (n_customers, m)."""
        return np.asarray(unit(decayed(customers, _DECAY))[:, self.item] @ self.weight, dtype=np.float32)


def follow(visits: Visits, *, most_items: int = MOST_ITEMS) -> Follow:
    """Learn from each customer's last three steps from visits to the next visit. Cost: m³/3 and m² per line."""
    bought = np.bincount(visits.item, minlength=visits.n_items)
    item = np.sort(np.lexsort((np.arange(len(bought)), -bought))[:most_items])
    m = len(item)
    left = np.zeros((m, m), dtype=np.float32)
    right = np.zeros((m, m), dtype=np.float32)
    back = np.ones(visits.n_customers, dtype=np.int64)
    for step in range(_BACK):
        seen, held = without_last(visits, back * (step + 1)), without_last(visits, back * step)
        able = np.flatnonzero(seen.counts > 0)
        if not len(able):
            break
        x = unit(decayed(seen, _DECAY))[able][:, item]
        y = decayed(held, 0.0)[able][:, item]
        left += _OLDER**step * sp.csr_array(x.T @ x).toarray()
        right += _OLDER**step * sp.csr_array(x.T @ y).toarray()
    left[np.diag_indices(m)] += _RIDGE
    with threadpool_limits(1):  # bytes must not depend on the number of threads
        factor = scipy.linalg.cho_factor(left, overwrite_a=True, check_finite=False)
        weight = scipy.linalg.cho_solve(factor, right, check_finite=False)
    return Follow(item, np.asarray(weight, dtype=np.float32))
