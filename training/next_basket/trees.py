"""Boosted trees over candidates, fitted to what a place on a list brings.

A list is judged by nDCG, in which a visit counts once, whatever it holds. What item i adds to it in the first place is

    y_i = [i is in the next visit] / Σ_{r ≤ n} 1 / log2(r + 1),   n items in that visit,

so the best order is by E[y_i]: the trees are fitted to y by cross-entropy. A chance of being in the visit would rank
for the large ones, which hold most lines and of which a list of ten can tell least.

Trees: Ke et al., "LightGBM: a highly efficient gradient boosting decision tree" (NIPS 2017). The same examples give the
same trees whatever the number of threads. nDCG: Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR
techniques" (ACM TOIS 2002); the order by expected gain: the probability ranking principle (Robertson 1977).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.next_basket.features import FEATURES


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Pairs to learn from.

    Attributes:
        matrix: float32 (n, len(FEATURES)).
        worth: float32 (n,), y: 0 for what was not bought.
    """

    matrix: NDArray[np.float32]
    worth: NDArray[np.float32]


def worth(items: NDArray[np.int64]) -> NDArray[np.float64]:
    """What a right first place adds to nDCG for visits of so many items, ≥ 1 each: 1, 0.61, 0.47 for 1, 2, 3."""
    discount = 1 / np.log2(np.arange(2, int(items.max(initial=1)) + 2))
    return np.asarray(1 / np.cumsum(discount)[items - 1])


def boost(
    seen: list[Examples], *, negatives: float, forests: int, trees: int, leaves: int, rate: float, seed: int
) -> Callable[[NDArray[np.float32]], NDArray[np.float64]]:
    """Learn E[y].

    Args:
        seen: at least one pair that was bought.
        negatives: the part of the pairs not bought that is among them; each stands for the others.
        forests: models, each with draws of its own; their mean is told, which chance moves less than one of them.
        trees: of each model.
        leaves: of each tree, at most.
        rate: of learning.
        seed: of every draw.

    Returns:
        float32 (n, len(FEATURES)) → float64 (n,), in (0, 1).
    """
    import lightgbm  # noqa: PLC0415  # half a second, and a trainer may be without it

    parameters = {
        "objective": "cross_entropy",
        "learning_rate": rate,
        "num_leaves": leaves,
        "min_data_in_leaf": 100,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 5.0,
        "max_bin": 127,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,  # several wait for one another at every split, and on a busy machine for minutes
        "verbosity": -1,
    }
    label = np.concatenate([some.worth for some in seen])
    data = lightgbm.Dataset(
        [some.matrix for some in seen],
        label=label,
        weight=np.where(label > 0, 1, 1 / negatives),
        feature_name=list(FEATURES),
        params=parameters,
    )
    grown = [lightgbm.train(parameters | {"seed": seed + at}, data, num_boost_round=trees) for at in range(forests)]

    def score(matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        said = [np.asarray(each.predict(matrix, num_threads=1), dtype=np.float64) for each in grown]
        return np.asarray(sum(said) / forests)

    return score
