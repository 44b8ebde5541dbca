"""Boosted trees that correct the plain model's probability of a pair.

    rank(j|i) = σ( logit s(j|i) + Σ_t tree_t(x_ij) )

is fitted by cross-entropy to `share(j|i)`, each pair weighing what its anchor's later baskets do. It begins at the
plain model, so that with nothing to learn nothing changes, and it stays a probability: carts may join and blend it as
before. Trees: Ke et al., "LightGBM: a highly efficient gradient boosting decision tree" (NIPS 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from training.rerank.features import FEATURES
from training.rerank.snapshots import Snapshot

_TREES = 150
_SEED = 1
_MISSED = 0.3
"""Part of the pairs never bought later that is learnt from; each stands for the others, so chances stay as they are."""
_PARAMETERS: dict[str, object] = {
    "objective": "cross_entropy",
    "learning_rate": 0.07,
    "num_leaves": 15,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.5,
    "lambda_l2": 5.0,
    "max_bin": 127,
    "seed": _SEED,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,  # several wait for one another at every split
    "verbosity": -1,
}

Ranker = Callable[[NDArray[np.float32], NDArray[np.float64]], NDArray[np.float64]]
"""(features (n, len(FEATURES)), plain probabilities (n,)) → probabilities (n,)."""


def learn(seen: Sequence[Snapshot]) -> Ranker:
    """A ranker learnt from past moments, at least one with a pair; same snapshots, same ranker."""
    import lightgbm  # noqa: PLC0415  # half a second, and a trainer may be without it

    random = np.random.default_rng(_SEED)
    kept = [(moment.share > 0) | (random.random(len(moment.share)) < _MISSED) for moment in seen]
    # Weights are shares of a moment: none speaks louder for having had more baskets after it.
    weight = [
        np.repeat(moment.weight / max(float(moment.weight.sum()), 1e-12), np.diff(moment.pairs.indptr))
        for moment in seen
    ]
    share = np.concatenate([moment.share[some] for moment, some in zip(seen, kept, strict=True)])
    plain = np.concatenate([moment.pairs.plain[some] for moment, some in zip(seen, kept, strict=True)])
    weighed = np.concatenate([each[some] for each, some in zip(weight, kept, strict=True)])
    weighed[share == 0] /= _MISSED
    data = lightgbm.Dataset(
        np.concatenate([moment.matrix[some] for moment, some in zip(seen, kept, strict=True)]),
        label=share,
        weight=weighed / weighed.mean(),
        init_score=logit(plain),
        feature_name=list(FEATURES),
        params=_PARAMETERS,
    )
    booster = lightgbm.train(_PARAMETERS, data, num_boost_round=_TREES)

    def rank(matrix: NDArray[np.float32], plain: NDArray[np.float64]) -> NDArray[np.float64]:
        if not len(matrix):
            return np.zeros(0)
        said = np.asarray(booster.predict(matrix, raw_score=True, num_threads=1), dtype=np.float64)
        return np.asarray(1 / (1 + np.exp(-(said + logit(plain)))), dtype=np.float64)

    return rank


def logit(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """`log(p / (1 - p))`, p held within what a shelf can mean: one in a million to 97 %."""
    held = np.clip(chance, 1e-6, 0.97)
    return np.asarray(np.log(held / (1 - held)), dtype=np.float64)
