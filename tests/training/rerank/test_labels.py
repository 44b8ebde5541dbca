"""What a list would have earned later is what the evaluation measures."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from training.evaluation.metrics import accuracy
from training.evaluation.queries import draw
from training.rerank.features import Candidates
from training.rerank.labels import anchors_of, earned, gained, later
from training.rerank.snapshots import drawn


def test_earned_is_the_ndcg_of_all_pages() -> None:
    """Every item of baskets of two or three asked once: the closed sum is the mean that the evaluation finds."""
    random, n = np.random.default_rng(4), 20
    rows = [random.choice(n, random.integers(2, 4), replace=False) for _ in range(300)]
    dense = np.zeros((len(rows), n), np.float32)
    for row, items in enumerate(rows):
        dense[row, items] = 1
    baskets = sp.csr_array(dense)
    sold = np.ones(n, dtype=np.bool_)
    score = random.random((n, n))
    np.fill_diagonal(score, -1)
    lists = np.argsort(-score, axis=1)[:, :10].astype(np.int32)
    asked = draw(baskets, sold, "page", 10_000, seed=1)
    slow = float(accuracy(lists[asked.given.indices], asked.sought)[:, 0].mean())

    after = later(baskets, sold)
    anchors, mass = anchors_of(after)
    item = np.array([[j for j in range(n) if j != i] for i in anchors], dtype=np.int32).ravel()
    ones = np.ones(len(item))
    pairs = Candidates(anchors, np.arange(len(anchors) + 1) * (n - 1), item, ones, ones > 0)
    row = np.repeat(anchors, n - 1)
    share = gained(after, pairs) / np.repeat(mass, n - 1)
    assert after.pages == len(asked)
    assert earned(pairs, share, mass, score[row, item]).sum() / after.pages == pytest.approx(slow)


def test_later_baskets_by_hand() -> None:
    """{0, 1} and {0, 1, 2, 3}: of the later, each item is asked with chance 3/4, and three hits are the ideal."""
    baskets = sp.csr_array(np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 0], [1, 0, 0, 0, 1]], np.float32))
    after = later(baskets, np.array([1, 1, 1, 1, 0], dtype=np.bool_))
    ideal = 1 + 1 / np.log2(3) + 1 / 2
    np.testing.assert_allclose(after.weight, [1, 3 / 4 / ideal])
    assert after.pages == 5  # the basket with an item never sold before has one item left, and asks nothing
    anchors, mass = anchors_of(after)
    np.testing.assert_array_equal(anchors, [0, 1, 2, 3])
    np.testing.assert_allclose(mass, np.array([1, 1, 0, 0]) + 0.75 / ideal)


def test_heavy_items_are_drawn_surely_and_sums_stay() -> None:
    """One of mass 100 among 60 of mass 1 and 11 places: it is in, ten others stand for six each."""
    mass = np.ones(61)
    mass[7] = 100
    chosen, weight = drawn(mass, 11, seed=1)
    assert 7 in chosen
    assert weight[chosen == 7] == 100
    np.testing.assert_allclose(weight[chosen != 7], 6)
    sums = [drawn(mass, 11, seed)[1].sum() for seed in range(400)]
    assert np.mean(sums) == pytest.approx(160, rel=0.02)


def test_few_items_are_all_drawn() -> None:
    """No more than wanted: everyone, as they are."""
    chosen, weight = drawn(np.array([3.0, 1.0]), 5, seed=1)
    assert chosen.tolist() == [0, 1]
    assert weight.tolist() == [3, 1]
