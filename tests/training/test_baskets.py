"""Orders as a matrix, and what each basket weighs."""

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from training.baskets import ages, anchor_window, basket_matrix, basket_weights, decay, families
from training.records import Orders


def test_families_are_numbered_by_their_first_item() -> None:
    """Items that share a label share a family; an empty label is a family of its own."""
    family = families([b"", b"shirt", b"", b"shirt"])
    assert family.of_item.tolist() == [0, 1, 2, 1]
    assert family.count == 3


def test_a_label_like_a_number_is_no_lone_item() -> None:
    """A family called `1` and the second item never meet."""
    assert families([b"1", b"", b"1"]).of_item.tolist() == [0, 1, 0]


def test_variants_in_one_basket_count_once(orders_of: Callable[..., Orders]) -> None:
    """A basket with a red and a blue shirt holds the shirt once."""
    orders = orders_of([("o1", "c", 1, ["blue", "red", "tie"]), ("o2", "c", 2, ["red"])])
    matrix = basket_matrix(orders, np.arange(3, dtype=np.int32), families([b"shirt", b"shirt", b""]))
    assert matrix.toarray().tolist() == [[1, 1], [1, 0]]
    assert orders.indptr.tolist() == [0, 3, 4]  # the orders themselves stay as they were


def test_ages_run_from_one_to_zero(orders_of: Callable[..., Orders]) -> None:
    """The oldest basket is one span old, the newest not at all; without times nobody ages."""
    lines = [("o1", "c", 0, ["a"]), ("o2", "c", 5, ["a"]), ("o3", "c", 10, ["a"])]
    assert ages(orders_of(lines)).tolist() == [1, 0.5, 0]
    assert ages(orders_of(lines, timed=False)).tolist() == [0, 0, 0]
    assert ages(orders_of(lines[:1])).tolist() == [0]


def test_weights_by_hand() -> None:
    """|b|^-1 with one half-life for the older basket."""
    decayed = decay(np.array([1.0, 0.0]), 1.0)
    assert decayed.tolist() == [0.5, 1.0]
    assert basket_weights(np.array([2, 4]), decayed, 1.0).tolist() == [0.25, 0.25]
    assert basket_weights(np.array([1, 4]), np.ones(2), 0.5).tolist() == [1, 0.5]
    assert decay(np.array([1.0, 0.0]), 0).tolist() == [1, 1]
    assert len(basket_weights(np.array([], dtype=np.int64), np.array([]), 1.0)) == 0


def test_a_busy_item_forgets_and_a_rare_one_does_not() -> None:
    """With a window of one basket: the item of three baskets keeps ¼, ½, 1; the item of one keeps 1."""
    baskets = sp.csr_array(np.array([[1, 0], [1, 1], [1, 0]], dtype=np.float32))
    assert baskets.indices.tolist() == [0, 0, 1, 0]
    assert anchor_window(baskets, 1.0).tolist() == [0.25, 0.5, 1, 1]
