"""What sells now."""

import numpy as np
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from training.popularity import bestsellers, recent_share, variants


def test_recent_share_by_hand() -> None:
    """Three baskets of weight 1, 1 and 2: an item in the last one only has half of the mass."""
    matrix = sp.csr_array(np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32))
    assert recent_share(matrix, np.array([1.0, 1.0, 2.0])).tolist() == [0.5, 0.5]
    assert recent_share(matrix[:0], np.array([])).tolist() == [0, 0]


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
