"""Upsell, first version: dearer siblings by what sells."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.upgrades import upgrades

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
