"""The formula of personal shelves: what the candidates are and what is known of each."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.personal import FEATURES, Choice, Own, Scored, around, latest, own_of, table
from models.records import ItemFacts

N = 8
TODAY = 100


def facts(family: list[int] | None = None) -> ItemFacts:
    """Eight items, two to a category but for the last two, prices doubling."""
    return ItemFacts(
        price=10_000 * 2 ** np.arange(N, dtype=np.int64),
        orders=np.ones(N, np.uint32),
        recent=np.linspace(0.1, 0.8, N).astype(np.float32),
        category=np.array([0, 0, 1, 1, 2, 2, -1, -1], np.int32),
        family=np.array(family or range(N), np.int32),
        stem=np.full(N, -1, np.int32),
        consumable=np.ones(N, np.uint8),
        in_stock=np.ones(N, np.uint8),
        interval_days=np.zeros(N, np.uint16),
        repeat=np.full(N, 0.5, np.float32),
        buyers=np.ones(N, np.uint32),
    )


def own(entries: list[tuple[int, int, int, int, float]], orders: int, held: ItemFacts) -> Own:
    """(item, count, last_day, first_day, habit), last bought first."""
    columns = [np.array(column) for column in zip(*entries, strict=True)]
    names = ("item", "count", "last_day", "first_day", "habit")
    return own_of(dict(zip(names, columns, strict=True)), orders, held.family)


def scored(pairs: dict[int, float]) -> Scored:
    """Items with scores."""
    return Scored(np.array(list(pairs), np.int32), np.array(list(pairs.values()), np.float64))


def column(choice: Choice, name: str) -> dict[int, float]:
    """One feature by family."""
    return dict(zip(choice.family.tolist(), choice.features[:, FEATURES.index(name)].tolist(), strict=True))


def test_by_hand() -> None:
    """On the page of 1: shelf 2 and 3; 0 and 2 bought, 0 in both of two orders, 40 days apart and 20 days ago."""
    held = facts()
    mine = own([(0, 2, 80, 40, 1.5), (1, 1, 80, 80, 0.9), (2, 1, 40, 40, 0.5)], 2, held)
    choice = table(scored({2: 0.4, 3: 0.1}), mine, scored({5: 0.2, 3: 0.1}), np.array([1], np.int32), held, TODAY)
    assert choice.family.tolist() == [0, 2, 3, 5]
    assert choice.own.tolist() == [0, 2, -1, -1]
    assert column(choice, "own_is") == {0: 1, 2: 1, 3: 0, 5: 0}
    assert column(choice, "own_count") == {0: math.log(2), 2: 0, 3: 0, 5: 0}
    assert column(choice, "own_rate") == {0: 0, 2: math.log(0.5), 3: 0, 5: 0}
    assert column(choice, "own_age")[0] == math.log1p(20 / 7)
    assert column(choice, "own_due") == {0: math.log(20 / 40), 2: 0, 3: 0, 5: 0}
    assert column(choice, "own_latest") == {0: 1, 2: 0, 3: 0, 5: 0}
    assert column(choice, "own_with") == {0: 1, 2: 0, 3: 0, 5: 0}  # 1, the page's item, was last bought with 0
    assert column(choice, "own_share") == {0: 0, 2: 1, 3: 0, 5: 0}
    assert column(choice, "new_share") == {0: 0, 2: 0, 3: 0.25, 5: 0}
    assert column(choice, "new_around")[5] == math.log1p(100)
    assert column(choice, "new_category")[3] == math.log1p(500 * 0.5 / 2.9)
    assert column(choice, "new_price")[3] == pytest.approx(math.log(4))
    assert column(choice, "own_alike") == {0: 1, 2: 0, 3: 0, 5: 0}  # 0 and the page's item are of one category
    assert column(choice, "own_range") == {0: math.log(3), 2: math.log(3), 3: 0, 5: 0}
    assert column(choice, "own_loyal") == {0: 1 - 3 / 4, 2: 1 - 3 / 4, 3: 0, 5: 0}
    assert column(choice, "own_asked") == {0: 1, 2: 1, 3: 0, 5: 0}
    assert column(choice, "own_asked_often") == {0: math.log1p(1 / 2), 2: math.log1p(1 / 2), 3: 0, 5: 0}


def test_variants_are_one_candidate() -> None:
    """Red and blue of one product: counts are added up, the one bought last is shown, even where the shelf has blue."""
    held = facts([0, 1, 2, 2, 4, 5, 6, 7])
    mine = own([(3, 1, 90, 90, 0.5), (2, 2, 80, 10, 1.0)], 3, held)
    choice = table(scored({2: 0.4}), mine, scored({}), np.array([0], np.int32), held, TODAY)
    assert (choice.family.tolist(), choice.item.tolist()) == ([2], [3])
    assert column(choice, "own_count") == {2: math.log(3)}
    assert column(choice, "own_due")[2] == math.log(10 / 40)
    assert table(scored({}), mine, scored({}), np.array([2], np.int32), held, TODAY).family.tolist() == []


def test_nothing_around_is_nothing() -> None:
    """No vectors (Redis did not answer, or the items are new): no candidates from there, no error."""
    held = facts()
    mine = own([(0, 1, 80, 80, 1.0)], 1, held)
    assert len(around([], mine).item) == 0
    assert len(around([scored({})], mine).item) == 0
    everything = np.arange(N, dtype=np.int32)
    assert len(table(scored({2: 1.0}), mine, scored({}), everything, held, TODAY).family) == 0


def test_what_is_around_by_hand() -> None:
    """Habits 3 and 1: a neighbour of both at 0.4 and 0.8 has (3 · 0.4 + 1 · 0.8) / 4."""
    held = facts()
    mine = own([(4, 1, 90, 90, 3.0), (0, 1, 80, 80, 1.0)], 2, held)
    assert latest(mine).tolist() == [4, 0]
    near = around([scored({6: 0.4}), scored({6: 0.8, 7: 0.8})], mine)
    assert near.item.tolist() == [6, 7]
    np.testing.assert_allclose(near.score, [0.5, 0.2])


@given(
    st.dictionaries(st.integers(0, N - 1), st.integers(1, 9), max_size=6),
    st.dictionaries(st.integers(0, N - 1), st.tuples(st.integers(1, 5), st.integers(0, 100)), min_size=1, max_size=6),
    st.sets(st.integers(0, N - 1), min_size=1, max_size=2),
)
def test_equal_to_the_obvious_loop(shelf: dict[int, int], bought: dict[int, tuple[int, int]], page: set[int]) -> None:
    """Candidates and a feature of each side are what a loop over a dict finds."""
    held = facts()
    ordered = sorted(bought, key=lambda item: (-bought[item][1], item))
    mine = own([(item, bought[item][0], bought[item][1], bought[item][1], 1.0) for item in ordered], 5, held)
    choice = table(
        scored({item: score / 10 for item, score in shelf.items()}),
        mine,
        scored({}),
        np.array(sorted(page), np.int32),
        held,
        TODAY,
    )
    expected = sorted((set(shelf) | set(bought)) - page)
    assert choice.family.tolist() == expected
    largest = max((score for item, score in shelf.items() if item not in page), default=1)
    for item in expected:
        side, other = ("own", "new") if item in bought else ("new", "own")
        np.testing.assert_allclose(column(choice, f"{side}_share")[item], shelf.get(item, 0) / largest)
        assert column(choice, f"{other}_share")[item] == 0
        assert column(choice, "own_count")[item] == (math.log(bought[item][0]) if item in bought else 0)
