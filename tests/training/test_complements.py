"""Cross-sell vectors against the formula, written the slow way."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.complements import Evidence, Smoothing, complements


def evidence_of(dense: NDArray[np.float32], **known: NDArray[np.generic]) -> Evidence:
    """Evidence of weight 1, without categories or trend, unless told otherwise."""
    baskets, items = dense.shape
    told: dict[str, object] = {
        "weights": np.ones(baskets, dtype=np.float32),
        "anchor_weights": None,
        "popular": (dense.sum(axis=0) / max(baskets, 1)).astype(np.float64),
        "trend": np.ones(items),
        "category": np.full(items, -1, dtype=np.int32),
        **known,
    }
    return Evidence(baskets=sp.csr_array(dense), **told)  # type: ignore[arg-type]  # columns by name


def slow_scores(evidence: Evidence, smoothing: Smoothing, support: int) -> NDArray[np.float64]:
    """score(j|i) for every pair, straight from the formula."""
    held = evidence.baskets.toarray() > 0
    seen = np.zeros(held.shape)
    seen[held] = 1 if evidence.anchor_weights is None else evidence.anchor_weights
    weights, category = evidence.weights.astype(np.float64), evidence.category
    n = held.shape[1]
    scores = np.zeros((n, n))
    for i in range(n):
        in_category = held[:, category == category[i]].any(axis=1)
        for j in range(n):
            both = held[:, i] & held[:, j]
            counted = (weights * seen[:, i])[both].sum()
            mass = max(counted - smoothing.discount, 0) if both.sum() >= support else 0.0
            if category[i] >= 0 and weights[in_category].sum() > 0:
                share = weights[in_category & held[:, j]].sum() / weights[in_category].sum()
                mass += smoothing.category_prior * share
            mass += smoothing.popular_prior * evidence.popular[j]
            total = (weights * seen[:, i])[held[:, i]].sum() + smoothing.category_prior + smoothing.popular_prior
            scores[i, j] = evidence.trend[j] * mass / max(total, 1e-9)
    return scores


@st.composite
def shops(draw: st.DrawFn) -> Evidence:
    """Random baskets, weights, popularity, trends and categories."""
    baskets, items = draw(st.integers(1, 12)), draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dense = (rng.random((baskets, items)) < draw(st.sampled_from([0.1, 0.4, 0.8]))).astype(np.float32)
    return evidence_of(
        dense,
        weights=rng.uniform(0.2, 2, baskets).astype(np.float32),
        anchor_weights=rng.uniform(0.1, 1, int(dense.sum())).astype(np.float32),
        trend=rng.uniform(0.5, 2, items),
        category=rng.integers(-1, 3, items).astype(np.int32),
    )


smoothings = st.builds(Smoothing, st.sampled_from([0.0, 0.5]), st.sampled_from([0.0, 4.0]), st.sampled_from([0.0, 5.0]))


@settings(deadline=None)
@given(shops(), smoothings, st.integers(1, 2))
def test_equal_to_the_formula(evidence: Evidence, smoothing: Smoothing, support: int) -> None:
    """With k as large as the shop every positive pair is there with its score, best first, with its true count."""
    held = evidence.baskets.toarray() > 0
    n = held.shape[1]
    vectors = complements(evidence, n, smoothing, min_support=support)
    scores = slow_scores(evidence, smoothing, support)
    for i in range(n):
        row = vectors.row(i)
        assert set(vectors.item[row].tolist()) == {j for j in range(n) if j != i and scores[i, j] > 1e-7}
        assert np.allclose(vectors.score[row], scores[i, vectors.item[row]], atol=1e-5)
        pairs = list(zip((-vectors.score[row]).tolist(), vectors.item[row].tolist(), strict=True))
        assert pairs == sorted(pairs)
        for j, together in zip(vectors.item[row], vectors.together[row], strict=True):
            both = int((held[:, i] & held[:, j]).sum())
            assert together == (both if both >= support else 0)


@settings(deadline=None)
@given(shops(), st.integers(1, 5))
def test_a_shorter_list_is_the_head_of_the_long_one(evidence: Evidence, k: int) -> None:
    """Without trends asking for fewer neighbours never changes which come first."""
    evidence = evidence_of(evidence.baskets.toarray(), weights=evidence.weights)
    smoothing = Smoothing(0.0, 0.0, 1.0)
    short = complements(evidence, k, smoothing)
    whole = complements(evidence, evidence.baskets.shape[1], smoothing)
    for i in range(whole.n_items):
        assert np.allclose(short.score[short.row(i)], whole.score[whole.row(i)][:k])


def test_tea_and_cup_by_hand() -> None:
    """Tea in 3 baskets, cup in 3, together in 2; δ = ½, κ₂ = 1 with a popularity of ¾: (2 − ½ + ¾) / (3 + 1)."""
    dense = np.array([[1, 1], [1, 1], [1, 0], [0, 1]], dtype=np.float32)
    vectors = complements(evidence_of(dense), 5, Smoothing(0.5, 0, 1))
    assert vectors.item.tolist() == [1, 0]
    assert vectors.score.tolist() == pytest.approx([2.25 / 4] * 2)
    assert vectors.together.tolist() == [2, 2]


def test_every_item_has_a_full_list() -> None:
    """An item sold once, alone, and one never sold are still offered what is popular, with no evidence claimed."""
    dense = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0]], dtype=np.float32)
    vectors = complements(evidence_of(dense), 2, Smoothing(0.5, 0, 5))
    for lonely in (2, 3):
        row = vectors.row(lonely)
        assert vectors.item[row].tolist() == [0, 1]
        assert vectors.together[row].tolist() == [0, 0]


def test_a_shop_without_pairs_has_empty_vectors() -> None:
    """No basket of two items and nothing popular: no list, no error."""
    vectors = complements(evidence_of(np.zeros((0, 3), dtype=np.float32)), 5, Smoothing(0.5, 1, 1))
    assert vectors.indptr.tolist() == [0, 0, 0, 0]
