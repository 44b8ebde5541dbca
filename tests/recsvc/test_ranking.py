"""Filling shelves, against slow obvious twins."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.money import PRICE_UNKNOWN
from models.records import ItemFacts
from recsvc.ranking import NO_LIMIT, Gate, Shelf, swaps
from recsvc.store.contract import Row
from recsvc.tags import Tags

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


@given(st.lists(rows(), max_size=5))
def test_swaps_put_every_anchors_candidates_side_by_side(votes: list[Row]) -> None:
    """Score down, item up, anchor up; nothing is added up and nothing lost."""
    slow = sorted(
        ((i, s, a, t) for a, vote in enumerate(votes) for i, s, t in zip(*(c.tolist() for c in vote), strict=True)),
        key=lambda e: (-e[1], e[0], e[2]),
    )
    assert list(swaps(votes)) == slow


@given(shops(), st.lists(rows(), min_size=1, max_size=3), st.data())
def test_a_shelf_is_filled_as_the_rules_say(facts: ItemFacts, votes: list[Row], data: st.DataObject) -> None:
    """Fast equals slow: for each candidate, the first of it and its variants that every rule lets through."""
    labels = st.frozensets(st.integers(0, 7), max_size=3)
    gate = Gate(
        Tags(facts),
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
    candidates = list(swaps(votes))
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
    for item, _, anchor, _ in candidates:
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
    assert list(swaps([])) == []


@given(shops(), st.lists(st.integers(0, N_ITEMS - 1), max_size=30), st.integers(1, 4))
def test_a_tag_says_what_the_columns_say(facts: ItemFacts, asked: list[int], keep: int) -> None:
    """Whatever was asked before and whatever had to make room; never more tags than there is room for."""
    tags = Tags(facts, keep)
    for item in asked:
        tag = tags[item]
        assert (tag.price, tag.family, tag.stem) == (facts.price[item], facts.family[item], facts.stem[item])
        assert (tag.category, tag.in_stock) == (facts.category[item], bool(facts.in_stock[item]))
        assert (tag.orders, tag.buyers) == (facts.orders[item], facts.buyers[item])
        assert len(tags) <= keep
