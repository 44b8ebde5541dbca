"""Cross-sell vectors against the formula, written the slow way."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from training.complements import Smoothing, complements


def slow_scores(
    dense: np.ndarray, weights: np.ndarray, popular: np.ndarray, category: np.ndarray, s: Smoothing, support: int
) -> np.ndarray:
    """P(j|i) for every pair, straight from the formula."""
    n = dense.shape[1]
    scores = np.zeros((n, n))
    for i in range(n):
        alike = category == category[i]
        in_category = dense[:, alike].any(axis=1)
        for j in range(n):
            both = (dense[:, i] > 0) & (dense[:, j] > 0)
            mass = max(weights[both].sum() - s.discount, 0) if both.sum() >= support else 0.0
            if category[i] >= 0 and weights[in_category].sum() > 0:
                mass += s.category_prior * weights[in_category & (dense[:, j] > 0)].sum() / weights[in_category].sum()
            mass += s.popular_prior * popular[j]
            total = weights[dense[:, i] > 0].sum() + s.category_prior + s.popular_prior
            scores[i, j] = mass / max(total, 1e-9)
    return scores


@st.composite
def shops(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Random baskets, weights, popularity and categories."""
    baskets, items = draw(st.integers(1, 12)), draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dense = (rng.random((baskets, items)) < draw(st.sampled_from([0.1, 0.4, 0.8]))).astype(np.float32)
    weights = rng.uniform(0.2, 2, baskets).astype(np.float32)
    return dense, weights, dense.mean(axis=0).astype(np.float64), rng.integers(-1, 3, items).astype(np.int32)


@settings(deadline=None)
@given(
    shops(),
    st.integers(1, 10),
    st.sampled_from([0.0, 0.5]),
    st.sampled_from([0.0, 4.0]),
    st.sampled_from([0.0, 5.0]),
    st.integers(1, 2),
)
def test_equal_to_the_formula(
    shop: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    k: int,
    discount: float,
    kappa1: float,
    kappa2: float,
    support: int,
) -> None:
    """With k as large as the shop every positive pair is there with its probability, best first."""
    dense, weights, popular, category = shop
    n = dense.shape[1]
    smoothing = Smoothing(discount, kappa1, kappa2)
    vectors = complements(sp.csr_array(dense), weights, popular, category, max(k, n), smoothing, support)
    scores = slow_scores(dense, weights, popular, category, smoothing, support)
    for i in range(n):
        row = vectors.row(i)
        expected = {j for j in range(n) if j != i and scores[i, j] > 1e-7}
        assert set(vectors.item[row].tolist()) == expected
        assert np.allclose(vectors.score[row], scores[i, vectors.item[row]], atol=1e-5)
        pairs = list(zip((-vectors.score[row]).tolist(), vectors.item[row].tolist(), strict=True))
        assert pairs == sorted(pairs)
        for j, together in zip(vectors.item[row], vectors.together[row], strict=True):
            both = int(((dense[:, i] > 0) & (dense[:, j] > 0)).sum())
            assert together == (both if both >= support else 0)


@given(shops(), st.integers(1, 5))
@settings(deadline=None)
def test_a_shorter_list_is_the_head_of_the_long_one(
    shop: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray], k: int
) -> None:
    """Asking for fewer neighbours never changes which come first."""
    dense, weights, popular, category = shop
    smoothing = Smoothing(0.0, 0.0, 1.0)
    short = complements(sp.csr_array(dense), weights, popular, category, k, smoothing)
    whole = complements(sp.csr_array(dense), weights, popular, category, dense.shape[1], smoothing)
    for i in range(dense.shape[1]):
        assert np.allclose(short.score[short.row(i)], whole.score[whole.row(i)][:k])


def test_tea_and_cup_by_hand() -> None:
    """Tea in 3 baskets, cup in 3, together in 2; δ = ½, κ₂ = 1 with π_cup = ¾: (2 − ½ + ¾) / (3 + 1)."""
    dense = np.array([[1, 1], [1, 1], [1, 0], [0, 1]], dtype=np.float32)
    vectors = complements(
        sp.csr_array(dense),
        np.ones(4, dtype=np.float32),
        np.array([0.75, 0.75]),
        np.full(2, -1, dtype=np.int32),
        5,
        Smoothing(0.5, 0, 1),
    )
    assert vectors.item.tolist() == [1, 0]
    assert vectors.score.tolist() == pytest.approx([2.25 / 4] * 2)
    assert vectors.together.tolist() == [2, 2]


def test_every_item_has_a_full_list() -> None:
    """An item sold once, alone, and one never sold are still offered what is popular, with no evidence claimed."""
    dense = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0]], dtype=np.float32)
    vectors = complements(
        sp.csr_array(dense),
        np.ones(3, dtype=np.float32),
        dense.mean(axis=0).astype(np.float64),
        np.full(4, -1, dtype=np.int32),
        2,
        Smoothing(0.5, 0, 5),
    )
    for lonely in (2, 3):
        row = vectors.row(lonely)
        assert vectors.item[row].tolist() == [0, 1]
        assert vectors.together[row].tolist() == [0, 0]
