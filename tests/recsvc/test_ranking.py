"""Merging and filling, against slow obvious twins."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.money import PRICE_UNKNOWN
from models.records import ItemFacts
from recsvc.ranking import NO_LIMIT, Gate, Shelf, merge, power_shares, swaps
from recsvc.store.contract import Row

N_ITEMS = 12


def row(*entries: tuple[int, float, int]) -> Row:
    """One row of (item, score, together), put into the order of the treaty."""
    ordered = sorted(entries, key=lambda e: (-e[1], e[0]))
    return Row(
        np.array([e[0] for e in ordered], np.int32),
        np.array([e[1] for e in ordered], np.float32),
        np.array([e[2] for e in ordered], np.uint32),
    )


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """A row over a few items, with many ties; scores are quarters, so that sums are exact."""
    items = draw(st.lists(st.integers(0, N_ITEMS - 1), unique=True, max_size=8))
    return row(*((i, draw(st.integers(0, 6)) / 4, draw(st.integers(0, 9))) for i in items))


@st.composite
def shops(draw: st.DrawFn) -> ItemFacts:
    """Facts with few families, stems and prices, so that rules clash; drawn from a seed, for speed."""
    random = np.random.default_rng(draw(st.integers(0, 10_000)))

    def column(low: int, high: int, dtype: type[np.generic]) -> np.ndarray:
        return random.integers(low, high, N_ITEMS, endpoint=True).astype(dtype)

    return ItemFacts(
        price=column(PRICE_UNKNOWN, 4, np.int64),
        orders=column(0, 9, np.uint32),
        recent=column(0, 9, np.float32),
        category=column(-1, 2, np.int32),
        family=column(0, 7, np.int32),
        stem=column(-1, 2, np.int32),
        consumable=column(0, 1, np.uint8),
        in_stock=column(0, 1, np.uint8),
        interval_days=column(0, 9, np.uint16),
        repeat=column(0, 1, np.float32),
        buyers=column(0, 9, np.uint32),
    )


def variants_of(facts: ItemFacts, family: int) -> np.ndarray:
    """The items of a family, most bought first."""
    members = [i for i in range(N_ITEMS) if facts.family[i] == family]
    return np.array(sorted(members, key=lambda i: (-int(facts.orders[i]), i)), np.int32)


def test_a_cart_of_tea_and_cup_by_hand() -> None:
    """Pot: 0.5 from tea and 0.25 from cup make 0.75, because of tea; ties go to the smaller index."""
    tea = row((3, 0.5, 7), (5, 0.25, 2))
    cup = row((3, 0.25, 4), (4, 0.25, 3))
    found = merge([tea, cup], [1.0, 1.0], [0, 1])
    assert found.item.tolist() == [3, 4, 5]
    assert found.score.tolist() == [0.75, 0.25, 0.25]
    assert found.because.tolist() == [0, 1, 0]
    assert found.together.tolist() == [7, 3, 2]


@given(st.lists(rows(), max_size=6), st.data())
def test_merge_is_the_obvious_sum(votes: list[Row], data: st.DataObject) -> None:
    """Fast equals slow: sums per item, the loudest anchor with evidence (first of equals), its count; total order."""
    weights = [data.draw(st.sampled_from([0.0, 0.5, 1.0, 2.0])) for _ in votes]
    anchors = [data.draw(st.integers(0, 3)) for _ in votes]
    shares: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    counts: dict[tuple[int, int], int] = defaultdict(int)
    for vote, weight, anchor in zip(votes, weights, anchors, strict=True):
        for item, score, together in zip(*(c.tolist() for c in vote), strict=True):
            shares[item][anchor] += weight * score
            counts[item, anchor] = max(counts[item, anchor], together)
    slow = []
    for item, by_anchor in shares.items():
        loudest = min(by_anchor, key=lambda a: (not counts[item, a], -by_anchor[a], a))
        slow.append((item, sum(by_anchor.values()), loudest, counts[item, loudest]))
    slow.sort(key=lambda e: (-e[1], e[0]))
    fast = merge(votes, weights, anchors)
    if len(votes) == 1:  # one row keeps its own order: with a weight of 0 all its scores tie
        assert sorted(zip(*(c.tolist() for c in fast), strict=True)) == sorted(slow)
    else:
        assert list(zip(*(c.tolist() for c in fast), strict=True)) == slow


def test_a_power_mean_by_hand() -> None:
    """With q = 2, 0.3 and 0.4 make 0.5, not 0.7; the louder row stays the louder."""
    shares = power_shares([row((3, 0.3, 7), (5, 0.25, 2)), row((3, 0.4, 4))], 2.0)
    found = merge(shares, [1.0, 1.0], [0, 1])
    assert found.item.tolist() == [3, 5]
    assert found.score.tolist() == pytest.approx([0.5, 0.25])
    assert found.because.tolist() == [1, 0]


@given(st.lists(rows(), max_size=6), st.sampled_from([1.0, 2.0, 4.0, 30.0]))
def test_shares_add_up_to_the_power_mean(votes: list[Row], power: float) -> None:
    """Merged shares equal (Σ v^q)^(1/q) per item; evidence and items of the rows stay; a power of 1 is the sum."""
    found = merge(power_shares(votes, power), [1.0] * len(votes), range(len(votes)))
    slow: dict[int, float] = defaultdict(float)
    for vote in votes:
        for item, score in zip(vote.item.tolist(), vote.score.tolist(), strict=True):
            slow[item] += score**power
    assert set(found.item.tolist()) == set(slow)
    for item, score in zip(found.item.tolist(), found.score.tolist(), strict=True):
        assert score == pytest.approx(slow[item] ** (1 / power))


@given(st.lists(rows(), max_size=5))
def test_swaps_put_every_anchors_candidates_side_by_side(votes: list[Row]) -> None:
    """Score down, item up, anchor up; nothing is added up and nothing lost."""
    slow = sorted(
        ((i, s, a, t) for a, vote in enumerate(votes) for i, s, t in zip(*(c.tolist() for c in vote), strict=True)),
        key=lambda e: (-e[1], e[0], e[2]),
    )
    assert list(zip(*(c.tolist() for c in swaps(votes)), strict=True)) == slow


@given(shops(), st.lists(rows(), min_size=1, max_size=3), st.data())
def test_a_shelf_is_filled_as_the_rules_say(facts: ItemFacts, votes: list[Row], data: st.DataObject) -> None:
    """Fast equals slow: for each candidate, the first of it and its variants that every rule lets through."""
    labels = st.frozensets(st.integers(0, 7), max_size=3)
    gate = Gate(
        facts,
        lambda family: variants_of(facts, family),
        barred=data.draw(labels),
        refused=data.draw(labels),
        low=data.draw(st.integers(PRICE_UNKNOWN, 3)),
        high=data.draw(st.sampled_from([1, 3, NO_LIMIT])),
        in_stock=data.draw(st.booleans()),
    )
    size, cap = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 2))
    floors = data.draw(st.none() | st.lists(st.integers(0, 4), min_size=3, max_size=3))
    ceilings = data.draw(st.none() | st.lists(st.integers(0, 4), min_size=3, max_size=3))
    one_each = data.draw(st.booleans())
    candidates = swaps(votes)
    shelf = Shelf(gate, size, cap, one_each=one_each)
    shelf.put(candidates, floors, ceilings)

    def passes(item: int, floor: int, ceiling: int) -> bool:
        family, price = facts.family[item], facts.price[item]
        return (
            floor < price <= ceiling
            and gate.low <= price <= gate.high
            and bool(facts.in_stock[item] or not gate.in_stock)
            and family not in gate.barred | gate.refused
        )

    slow: list[int] = []
    spoken: set[int] = set()
    for item, _, anchor, _ in zip(*(c.tolist() for c in candidates), strict=True):
        ceiling = NO_LIMIT if ceilings is None else ceilings[anchor]
        floor = PRICE_UNKNOWN - 1 if floors is None else floors[anchor]
        options = [item, *variants_of(facts, int(facts.family[item])).tolist()]
        chosen = next((option for option in options if passes(option, floor, ceiling)), None)
        if one_each and anchor in spoken:
            continue
        if chosen is None or len(slow) == size or facts.family[item] in {facts.family[i] for i in slow}:
            continue
        stem = facts.stem[chosen]
        if stem < 0 or sum(facts.stem[i] == stem for i in slow) < cap:
            slow.append(chosen)
            spoken.add(anchor)
    assert [pick.item for pick in shelf.picks] == slow


def test_no_anchor_has_no_candidate() -> None:
    """The empty case."""
    assert [len(column) for column in merge([], [], [])] == [0, 0, 0, 0]
    assert [len(column) for column in swaps([])] == [0, 0, 0, 0]


@pytest.mark.parametrize("blend", [0.0, 0.5])
def test_two_rows_of_one_anchor_speak_together(blend: float) -> None:
    """A cart vector and a blended cross-sell vector of one line count as one voice in `because`."""
    found = merge([row((5, 1.0, 1)), row((5, 1.25, 9)), row((5, 1.0, 3))], [1.0, 1.0, blend], [0, 1, 0])
    assert found.because.tolist() == [1 if blend == 0 else 0]
    assert found.score.tolist() == [2.25 + blend]
