"""Cart vectors against the normal equations, written the slow way."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.ridge import Ridge, cart_vectors


def slow_weights(held: NDArray[np.float64], weights: NDArray[np.float64], ridge: Ridge) -> NDArray[np.float64]:
    """W[i, j]: what i says for j, one dense system per target."""
    gram = held.T @ (weights[:, None] * held)
    size = np.diag(gram)
    n = len(gram)
    solved = np.zeros((n, n))
    for j in range(n):
        met = held.T @ held[:, j] >= max(ridge.min_support, 1)
        cosine = gram[j] / np.sqrt(np.maximum(size * size[j], 1e-12))
        near = sorted((i for i in range(n) if i != j and met[i]), key=lambda i: (-cosine[i], i))[: ridge.neighbourhood]
        if not near or held[:, j].sum() < ridge.min_baskets:
            continue
        block = gram[np.ix_(near, near)] + ridge.strength * np.eye(len(near))
        solved[near, j] = np.maximum(np.linalg.solve(block, gram[near, j]), 0)
    return solved


@st.composite
def shops(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Random baskets and their weights."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    baskets, items = draw(st.integers(1, 30)), draw(st.integers(1, 9))
    held = (rng.random((baskets, items)) < draw(st.sampled_from([0.1, 0.3, 0.6]))).astype(np.float64)
    return held, rng.uniform(0.2, 2, baskets).astype(np.float32).astype(np.float64)


@settings(deadline=None)
@given(shops(), st.integers(1, 10), st.sampled_from([0.1, 1.0]), st.integers(1, 3), st.sampled_from([0, 3, 4000]))
def test_equal_to_the_normal_equations(
    shop: tuple[NDArray[np.float64], NDArray[np.float64]], m: int, strength: float, floor: int, head: int
) -> None:
    """Every weight above 0 is there, best first, with the count of baskets with both, however C is held."""
    held, weights = shop
    ridge = Ridge(m, strength, min_baskets=floor, min_support=floor)
    n = held.shape[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.ridge._HEAD", head)
        vectors = cart_vectors(sp.csr_array(held.astype(np.float32)), weights.astype(np.float32), n, ridge)
    slow = slow_weights(held, weights, ridge)
    for i in range(n):
        row = vectors.row(i)
        fast = np.zeros(n)
        fast[vectors.item[row]] = vectors.score[row]
        assert fast == pytest.approx(slow[i], abs=1e-5)
        pairs = list(zip((-vectors.score[row]).tolist(), vectors.item[row].tolist(), strict=True))
        assert pairs == sorted(pairs)
        assert vectors.together[row].tolist() == [int((held[:, i] * held[:, j]).sum()) for j in vectors.item[row]]


def test_tea_and_cup_by_hand() -> None:
    """Tea in 3 baskets, cup in 3, together in 2; λ = 3: cup says 2 / (3 + 3) = 1/3 for tea, and tea for cup."""
    held = np.array([[1, 1], [1, 1], [1, 0], [0, 1]], dtype=np.float32)
    vectors = cart_vectors(sp.csr_array(held), np.ones(4, np.float32), 5, Ridge(1, 3.0))
    assert vectors.item.tolist() == [1, 0]
    assert vectors.score.tolist() == pytest.approx([1 / 3, 1 / 3])
    assert vectors.together.tolist() == [2, 2]


def test_what_two_items_say_together_is_counted_once() -> None:
    """Cup and saucer are always bought together, half the time with tea: each says half, not all, of it for tea."""
    held = np.array([[1, 1, 1], [0, 1, 1]] * 50, dtype=np.float32)
    vectors = cart_vectors(sp.csr_array(held), np.ones(100, np.float32), 5, Ridge(2, 1e-6))
    says = {i: dict(zip(vectors.item[vectors.row(i)], vectors.score[vectors.row(i)], strict=True)) for i in (1, 2)}
    assert [says[1][0], says[2][0]] == pytest.approx([0.25, 0.25], abs=1e-3)


def test_a_shop_without_pairs_has_empty_vectors() -> None:
    """Baskets of one item, or none at all, teach nothing; the rows are there."""
    for held in (np.eye(3, dtype=np.float32), np.zeros((0, 3), dtype=np.float32)):
        vectors = cart_vectors(sp.csr_array(held), np.ones(len(held), np.float32), 5, Ridge(5, 1.0))
        assert vectors.n_items == 3
        assert len(vectors.item) == 0
