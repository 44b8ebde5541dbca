"""Cart vectors against the normal equations, written the slow way."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.cooccurrence.rows import Pairs, best
from training.ridge import Ridge, _strongest, cart_vectors

FAINT, SHRUNK = 0.002, 3


def slow_weights(
    held: NDArray[np.float64], weights: NDArray[np.float64], ridge: Ridge, head: int
) -> NDArray[np.float64]:
    """W[i, j]: what i says for or against j, one dense system per target; of the `head` best sold ones on all items."""
    gram = held.T @ (weights[:, None] * held)
    size, bought = np.diag(gram), held.sum(axis=0)
    n = len(gram)
    solved = np.zeros((n, n))
    bestsellers = sorted(range(n), key=lambda j: (-bought[j], j))[:head]
    for j in range(n):
        met = held.T @ held[:, j] >= max(ridge.min_support, 1)
        if j in bestsellers:
            near = [i for i in range(n) if i != j and bought[i] >= ridge.min_baskets]
        else:
            cosine = gram[j] / np.sqrt(np.maximum(size * size[j], 1e-12))
            near = [i for i in range(n) if i != j and met[i]]
            near = sorted(near, key=lambda i: (-cosine[i], i))[: ridge.neighbourhood]
        if not near or bought[j] < ridge.min_baskets:
            continue
        strength = ridge.strength * (SHRUNK if j in bestsellers else 1)
        block = gram[np.ix_(near, near)] + strength * np.eye(len(near))
        solved[near, j] = np.linalg.solve(block, gram[near, j])
        solved[:, j] = np.where(
            (solved[:, j] > 0) & ~met | (abs(solved[:, j]) < FAINT) & (solved[:, j] < 0), 0, solved[:, j]
        )
    return solved


@st.composite
def shops(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Random baskets and their weights."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    baskets, items = draw(st.integers(1, 30)), draw(st.integers(1, 9))
    held = (rng.random((baskets, items)) < draw(st.sampled_from([0.1, 0.3, 0.6]))).astype(np.float64)
    return held, rng.uniform(0.2, 2, baskets).astype(np.float32).astype(np.float64)


@settings(deadline=None)
@given(
    shops(),
    st.integers(1, 10),
    st.sampled_from([0.1, 1.0]),
    st.integers(1, 3),
    st.sampled_from([0, 3, 4000]),
    st.sampled_from([0, 2, 30]),
)
def test_equal_to_the_normal_equations(
    shop: tuple[NDArray[np.float64], NDArray[np.float64]],
    m: int,
    strength: float,
    floor: int,
    dense: int,
    bestsellers: int,
) -> None:
    """Every weight is there, best first, with the baskets that hold both where it speaks for, however C is held."""
    held, weights = shop
    ridge = Ridge(m, strength, min_baskets=floor, min_support=floor)
    n = held.shape[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.ridge._HEAD", dense)
        patch.setattr("training.ridge._BESTSELLERS", bestsellers)
        vectors = cart_vectors(sp.csr_array(held.astype(np.float32)), weights.astype(np.float32), n, ridge)
    slow = slow_weights(held, weights, ridge, bestsellers)
    for i in range(n):
        row = vectors.row(i)
        fast = np.zeros(n)
        fast[vectors.item[row]] = vectors.score[row]
        assert fast == pytest.approx(slow[i], abs=1e-5)
        pairs = list(zip((-vectors.score[row]).tolist(), vectors.item[row].tolist(), strict=True))
        assert pairs == sorted(pairs)
        both = (held[:, [i]] * held[:, vectors.item[row]]).sum(axis=0)
        assert vectors.together[row].tolist() == np.where(vectors.score[row] > 0, both, 0).tolist()


@pytest.mark.parametrize("bestsellers", [0, 30])
def test_a_word_against_by_hand(monkeypatch: pytest.MonkeyPatch, bestsellers: int) -> None:
    """Tea and coffee are each bought with sugar, never together; λ = 2, for bestsellers three times 2/3.

    Of coffee: (2 + 2)·tea + 2·sugar = 0 and 2·tea + (4 + 2)·sugar = 2, so tea says -0.2 and sugar 0.4: in a cart of
    both 0.2 is left.
    """
    monkeypatch.setattr("training.ridge._BESTSELLERS", bestsellers)
    held = np.array([[1, 0, 1], [1, 0, 1], [0, 1, 1], [0, 1, 1]], dtype=np.float32)
    ridge = Ridge(2, 2 / 3 if bestsellers else 2.0, min_baskets=1)
    vectors = cart_vectors(sp.csr_array(held), np.ones(4, np.float32), 5, ridge)
    says = {i: dict(zip(vectors.item[vectors.row(i)], vectors.score[vectors.row(i)], strict=True)) for i in (0, 2)}
    if bestsellers:  # tea is not among coffee's nearest two: they never met
        assert [says[0][1], says[2][1]] == pytest.approx([-0.2, 0.4])
    else:
        assert 1 not in says[0]
        assert says[2][1] == pytest.approx(2 / (4 + 2))


def test_the_strongest_words_are_kept_whatever_their_sign() -> None:
    """Of three targets an anchor keeps the two it has most to say of; the word against comes last."""
    pairs = Pairs(
        np.zeros(3, np.int64),
        np.arange(1, 4, dtype=np.int32),
        np.array([0.1, -0.3, 0.2], np.float32),
        np.ones(3, np.uint32),
    )
    kept = best(_strongest(pairs, 1, 2), 1, 2)
    assert kept.item.tolist() == [3, 2]


def test_two_accounts_must_vouch_for_a_bestseller() -> None:
    """An account that puts ham beside the bestseller in three baskets says nothing for it; two accounts do."""
    held = np.array([[1, 1, 0]] * 3 + [[1, 0, 1]] * 20, dtype=np.float32)
    for accounts, expected in ((np.zeros(3), []), (np.array([0, 1, 1]), [0])):
        supporters = np.concatenate([accounts, np.arange(2, 22)]).astype(np.int32)
        ridge = Ridge(2, 1.0, min_support=2)
        vectors = cart_vectors(sp.csr_array(held), np.ones(23, np.float32), 5, ridge, supporters)
        row = vectors.row(1)
        assert vectors.item[row][vectors.score[row] > 0].tolist() == expected


def test_tea_and_cup_by_hand() -> None:
    """Tea in 3 baskets, cup in 3, together in 2; λ = 1, for bestsellers 3: cup says 2 / (3 + 3) = 1/3 for tea."""
    held = np.array([[1, 1], [1, 1], [1, 0], [0, 1]], dtype=np.float32)
    vectors = cart_vectors(sp.csr_array(held), np.ones(4, np.float32), 5, Ridge(1, 1.0))
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
