"""Beyond accuracy, and parts of the questions."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from training.evaluation.beyond import beyond, out_of_season
from training.evaluation.queries import Queries
from training.evaluation.slices import first_sold, slices


def rows(*baskets: list[int], n_items: int = 5) -> sp.csr_array:
    """Baskets as a matrix."""
    dense = np.zeros((len(baskets), n_items), np.float32)
    for basket, items in enumerate(baskets):
        dense[basket, items] = 1
    return sp.csr_array(dense)


TRAIN = rows([0, 1], [0, 1], [0, 2], [3, 4])
STEM = np.array([-1, 7, 7, -1, -1], np.int32)


def test_beyond_by_hand() -> None:
    """Page 0 shows 1 (twice together), 2 (once, a twin of 1), 3 (never); page 4 shows 3 (once) and 1 (never)."""
    lists = np.array([[1, 2, 3], [3, 1, -1]], np.int32)
    found = beyond(lists, np.array([0, 4], np.int32), TRAIN, STEM, np.array([False, False, False, True, False]))
    assert found.alike == 1 / 5
    assert found.unseasonal == 2 / 5
    assert found.once == 2 / 5
    assert found.never == 2 / 5
    assert found.overlap == pytest.approx(2 * 2 / 5, abs=0.05)  # both lists of a pair are looked at by turns


def test_the_same_everywhere_overlaps_fully() -> None:
    """And lists without a common item not at all; a single page has nobody to overlap with."""
    pages = np.array([0, 1], np.int32)
    none = np.zeros(5, bool)
    assert beyond(np.array([[2, 3], [3, 2]], np.int32), pages, TRAIN, STEM, none).overlap == 1
    assert beyond(np.array([[2, 3], [4, 0]], np.int32), pages, TRAIN, STEM, none).overlap == 0
    assert beyond(np.array([[2, 3]], np.int32), pages[:1], TRAIN, STEM, none).overlap == 0


def test_out_of_season() -> None:
    """In half of 20 baskets and in none of 10 now, five to be expected: out. What sells on or was rare is not."""
    train = rows(*[[0, 1]] * 10, *[[2]] * 9, [3])
    assert out_of_season(train, rows(*[[1]] * 10)).tolist() == [True, False, False, False, False]


def test_slices_by_hand() -> None:
    """Questions are cut by their item's age and sales and by the size of their basket; empty parts are left out."""
    train = rows(*[[0, 1]] * 18, [2, 3], [2, 3, 4])
    window = rows([0, 2], [0, 1, 2, 3, 4])
    asked = Queries(rows([0], [2], [4]), rows([2], [0], [1]), np.array([0, 0, 1]))
    category = np.array([0, 0, 1, -1, 1], np.int32)
    found = slices("page", asked, train, window, category, ["Tea", "Cups", "Pots"])
    assert {name: mask.tolist() for name, mask in found.items()} == {
        "baskets of more than 2 items": [False, False, True],
        "other baskets": [True, True, False],
        "new items": [False, True, True],
        "items in fewer than 10 baskets": [False, True, True],
        "items in 10 baskets or more": [True, False, False],
        "category Cups": [False, True, True],
        "category Tea": [True, False, False],
    }
    assert set(slices("cart", asked, train, window, category, [])) == {"baskets of more than 2 items", "other baskets"}
    assert first_sold(train).tolist() == [0, 0, 18, 18, 19]
