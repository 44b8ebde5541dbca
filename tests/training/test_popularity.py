"""What sells now."""

import numpy as np
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from training.popularity import bestsellers, popularity, trend, variants


def test_popularity_by_hand() -> None:
    """Three baskets of weight 1, 1 and 2: the item in the last one only has half of what was sold."""
    matrix = sp.csr_array(np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32))
    assert popularity(matrix, np.array([1.0, 1.0, 2.0])).tolist() == [0.5, 0.5]
    assert popularity(matrix[:0], np.array([])).tolist() == [0, 0]


def test_trend_by_hand() -> None:
    """An item that sells four times its usual share has a trend of 2 at exponent ½; exponent 0 sees none."""
    now, always = np.array([0.4, 0.1]), np.array([0.1, 0.1])
    assert np.allclose(trend(now, always, 0.5), [2, 1], atol=1e-3)
    assert trend(now, always, 0).tolist() == [1, 1]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(-1, 3)), max_size=40),
    st.integers(1, 6),
)
def test_bestsellers_equal_the_obvious_lists(items: list[tuple[int, int]], length: int) -> None:
    """Per category and for the shop: sold items by sales down, then index up, cut to length."""
    sales = np.array([s for s, _ in items], dtype=np.float64)
    category = np.array([c for _, c in items], dtype=np.int32)
    lists = bestsellers(sales, category, 4, length)
    for row in range(5):
        members = [i for i, (s, c) in enumerate(items) if s > 0 and row in (4, c)]
        slow = sorted(members, key=lambda i: (-items[i][0], i))[:length]
        assert lists.row(row).tolist() == slow


def test_variants_stand_best_sold_first() -> None:
    """Each family lists its items by sales, then index."""
    lists = variants(np.array([1.0, 3.0, 3.0, 0.0]), np.array([0, 1, 0, 1], dtype=np.int32), 2)
    assert [lists.row(f).tolist() for f in range(2)] == [[2, 0], [1, 3]]
