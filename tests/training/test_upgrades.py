"""Upsell, first version: dearer siblings by what sells."""

import numpy as np
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from models.records import ItemVectors
from training.upgrades import counted, upgrades

item = st.tuples(st.integers(-1, 6), st.integers(0, 4), st.integers(-1, 1), st.integers(0, 9))


@given(st.lists(item, max_size=25), st.integers(1, 5))
def test_equal_to_the_obvious_loop(items: list[tuple[int, int, int, int]], k: int) -> None:
    """Same category, within the band, sold, one per family, not the own family; by sales down, then index up."""
    price = np.array([p * 10_000 for p, *_ in items], dtype=np.int64)
    recent = np.array([r / 8 for _, r, _, _ in items], dtype=np.float64)
    category = np.array([c for _, _, c, _ in items], dtype=np.int32)
    family = np.array([f for *_, f in items], dtype=np.int32)
    vectors = upgrades(price, recent, category, family, k, 1.2, 3.0)
    for i in range(len(items)):
        slow: list[int] = []
        for j in sorted(range(len(items)), key=lambda j: (-recent[j], j)):
            fits = price[i] > 0 and 1.2 <= price[j] / price[i] <= 3.0 and recent[j] > 0
            if fits and category[i] == category[j] >= 0 and family[j] not in {family[i], *(family[s] for s in slow)}:
                slow.append(j)
        assert vectors.item[vectors.row(i)].tolist() == slow[:k]
        assert np.allclose(vectors.score[vectors.row(i)], recent[slow[:k]])


def test_an_item_at_the_top_of_its_ladder_has_none() -> None:
    """Nothing dearer in its category: an empty vector, not a cheaper one."""
    vectors = upgrades(
        np.array([10_000, 20_000], dtype=np.int64),
        np.ones(2),
        np.zeros(2, dtype=np.int32),
        np.arange(2, dtype=np.int32),
        5,
        1.05,
        3,
    )
    assert vectors.item.tolist() == [1]
    assert vectors.indptr.tolist() == [0, 1, 1]


@given(
    st.lists(st.sets(st.integers(0, 3), max_size=4), max_size=8), st.lists(st.integers(0, 3), min_size=2, max_size=6)
)
def test_evidence_is_counted_in_the_baskets(orders: list[set[int]], family_of: list[int]) -> None:
    """Every pair's count is that of the baskets that hold both families."""
    n = len(family_of)
    neighbours = [[j for j in range(n) if family_of[j] != family_of[i]] for i in range(n)]
    item = np.array([j for row in neighbours for j in row], dtype=np.int32)
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in neighbours])]).astype(np.int64)
    bare = ItemVectors(indptr, item, np.zeros(len(item), np.float32), np.zeros(len(item), np.uint32))
    dense = np.array([[float(f in order) for f in range(4)] for order in orders], np.float32).reshape(-1, 4)
    together = counted(bare, sp.csr_array(dense), np.array(family_of, np.int32)).together
    slow = [sum({family_of[i], family_of[j]} <= order for order in orders) for i in range(n) for j in neighbours[i]]
    assert together.tolist() == slow


def test_evidence_by_hand() -> None:
    """Pot in three baskets, grand pot in two, together in one."""
    baskets = sp.csr_array(np.array([[1, 1], [1, 0], [1, 0], [0, 1]], np.float32))
    bare = ItemVectors(np.array([0, 1, 1]), np.array([1], np.int32), np.ones(1, np.float32), np.zeros(1, np.uint32))
    assert counted(bare, baskets, np.arange(2, dtype=np.int32)).together.tolist() == [1]
