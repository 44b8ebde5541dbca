"""Counts of pairs, customers of both, words of titles, places of items."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from training.rerank.counts import AGES, OWN, met, sales_of
from training.rerank.likeness import places
from training.rerank.patrons import patrons, shared
from training.rerank.words import title_words


def matrix(baskets: list[list[int]], n_items: int) -> sp.csr_array:
    """Baskets as a matrix of ones."""
    dense = np.zeros((len(baskets), n_items), np.float32)
    for row, items in enumerate(baskets):
        dense[row, items] = 1
    return sp.csr_array(dense)


def test_counts_by_hand() -> None:
    """Item 0 met item 1 today and a month and a half ago, item 2 only then: each horizon holds what is no older."""
    sales = sales_of(matrix([[0, 1, 2], [0, 1]], 3), np.array([0.5, 2.0]), np.array([45.0, 0.0]))
    found = met(sales, np.array([0]), np.array([0, 2]), np.array([1, 2]))
    assert AGES[:4] == (3.0, 10.0, 30.0, 90.0)
    np.testing.assert_array_equal(found.by_age[0], [2, 2, 2, 2.5, 2.5, 2.5])
    np.testing.assert_array_equal(found.by_age[1], [0, 0, 0, 0.5, 0.5, 0.5])
    np.testing.assert_array_equal(found.anchor_by_age[0], [2, 2, 2, 2.5, 2.5, 2.5])
    np.testing.assert_array_equal(found.own[:, 0], [2.5, 0.5])
    np.testing.assert_array_equal(found.plain, [2, 1])
    assert found.anchor_plain.tolist() == [2]


@pytest.mark.parametrize("seed", range(5))
def test_counts_are_the_sums_that_their_formula_names(seed: int) -> None:
    """Random baskets, every pair, against sums written out over baskets."""
    random = np.random.default_rng(seed)
    dense = random.random((40, 7)) < 0.4
    weight, days = random.random(40), np.sort(random.integers(0, 400, 40)).astype(np.float64)[::-1]
    sales = sales_of(sp.csr_array(dense.astype(np.float32)), weight, days)
    anchors = np.arange(7)
    item = np.array([j for i in anchors for j in anchors if j != i], dtype=np.int32)
    found = met(sales, anchors, np.arange(8) * 6, item)
    for pair, (i, j) in enumerate(zip(np.repeat(anchors, 6), item, strict=True)):
        both, newest = dense[:, i] & dense[:, j], np.flatnonzero(dense[:, i])[::-1]
        slow = [weight[both & (days <= age)].sum() for age in AGES]
        np.testing.assert_allclose(found.by_age[pair], slow, rtol=1e-5)
        slow = [sum(weight[b] for b in newest[:own] if dense[b, j]) for own in OWN]
        np.testing.assert_allclose(found.own[pair], slow, rtol=1e-5)
        assert found.plain[pair] == both.sum()
        np.testing.assert_allclose(found.anchor_own[i], [weight[newest[:own]].sum() for own in OWN], rtol=1e-5)


def test_customers_count_once_and_across_baskets() -> None:
    """Who bought both in two baskets shares them; who bought both twice shares them once; guests share nothing."""
    baskets = matrix([[0], [1], [0, 1], [0, 1], [0, 1]], 3)
    bought = patrons(baskets, np.array([0, 0, 1, 1, -1]))
    np.testing.assert_array_equal(shared(bought, np.array([0]), np.array([0, 2]), np.array([1, 2])), [2, 0])


def test_titles_are_alike_by_telling_words() -> None:
    """A word that many titles have tells less than a rare one; a word of one title alone tells nothing."""
    words = title_words(["red tea cup", "red tea pot", "blue tea cup", "tea only", ""])
    near = (words @ words.T).toarray()
    # Of four telling words, tea stands in four titles of five, cup and red in two each.
    common, rare = np.log(5 / 4), np.log(5 / 2)
    assert near[0, 1] == pytest.approx(
        (rare**2 + common**2) / np.sqrt((2 * rare**2 + common**2) * (rare**2 + common**2))
    )
    assert near[3, 3] == pytest.approx(1)
    assert words[[4]].nnz == 0


def test_items_of_the_same_company_are_near_though_they_never_met() -> None:
    """Two cups never share a basket, but both go along with what is for tea: nearer than either is to any tool."""
    random, cup, mug = np.random.default_rng(2), 0, 1
    for_tea, tools = np.arange(2, 60), np.arange(60, 120)
    baskets = [[cup if n % 2 else mug, *random.choice(for_tea, 5, replace=False)] for n in range(400)]
    baskets += [random.choice(tools, 6, replace=False).tolist() for _ in range(400)]
    found = places(matrix(baskets, 120), np.ones(800))
    unit = found / np.linalg.norm(found, axis=1, keepdims=True)
    assert unit[cup] @ unit[mug] > np.abs(unit[[cup, mug]] @ unit[tools].T).max() + 0.1


def test_a_shop_without_baskets_has_no_places() -> None:
    """Nothing to decompose is no error."""
    assert not places(sp.csr_array((0, 4), dtype=np.float32), np.zeros(0)).any()
