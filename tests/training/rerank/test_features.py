"""What is known of a pair, by hand."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray

from training.rerank.counts import AGES, sales_of
from training.rerank.features import FEATURES, Candidates, Known, features
from training.rerank.likeness import places
from training.rerank.patrons import patrons
from training.rerank.words import title_words

TEA, CUP, POT = range(3)


@pytest.fixture(scope="module")
def known() -> Known:
    """Three baskets of today: tea and cup twice, tea and pot once."""
    baskets = sp.csr_array(np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1]], np.float32))
    ones = np.ones(3)
    return Known(
        sales=sales_of(baskets, ones, np.zeros(3)),
        popular=np.tile([3 / 6, 2 / 6, 1 / 6], (len(AGES), 1)),
        category=np.array([0, 1, 1], dtype=np.int32),
        price=np.array([5.0, 10.0, np.nan]),
        words=title_words(["green tea", "tea cup", "cup"]),
        places=places(baskets, ones),
        bought=patrons(baskets, np.array([0, 0, -1])),
    )


def row(known: Known, *, vouched: bool) -> dict[str, NDArray[np.float32]]:
    """Feature → values of (tea, cup) and (tea, pot)."""
    pairs = Candidates(
        anchors=np.array([TEA]),
        indptr=np.array([0, 2]),
        item=np.array([CUP, POT], dtype=np.int32),
        plain=np.array([0.5, 0.25]),
        vouched=np.array([vouched, vouched]),
    )
    return dict(zip(FEATURES, features(known, pairs).T, strict=True))


def test_a_pair_by_hand(known: Known) -> None:
    """Two of three baskets, twice the price, another category, whose items share tea's three counts."""
    found = row(known, vouched=True)
    assert found["plain"][0] == pytest.approx(np.log(0.5))
    assert found["to_best"][1] == pytest.approx(np.log(0.5))
    assert found["place"].tolist() == [0, 1]
    assert found["unweighted"][0] == pytest.approx(np.log((2 + 2 * 0.5) / (3 + 2)))
    assert found["age_3"][1] == pytest.approx(np.log((1 + 2 * 0.25) / (3 + 2)))
    assert found["together"][0] == pytest.approx(np.log(3))
    assert found["price_ratio"][0] == pytest.approx(np.log(2))
    assert np.isnan(found["price_ratio"][1])
    assert found["same_category"].tolist() == [0, 0]
    assert found["category_given_anchor"][0] == pytest.approx(np.log((3 + 0.1) / (3 + 2)))
    assert found["item_in_category"][0] == pytest.approx(np.log(2 / 3), abs=1e-4)
    # One customer of tea's one bought cup; the guest who took the pot is nobody.
    assert found["patrons"][0] == pytest.approx(np.log((1 + 2 * 0.5) / (1 + 2)))
    assert found["patrons"][1] == pytest.approx(np.log(2 * 0.25 / (1 + 2)))


def test_counts_that_nobody_vouches_for_are_not_believed(known: Known) -> None:
    """Below `min_support` a pair reads as if it had never met, whatever its baskets."""
    found = row(known, vouched=False)
    assert found["together"].tolist() == [0, 0]
    assert found["age_3"][0] == pytest.approx(np.log(2 * 0.5 / (3 + 2)))
    assert found["own_4"][0] == pytest.approx(np.log(2 * 0.5 / (3 + 2)))
