"""Rhythms: gaps counted by hand, shrinkage towards others, and what is refused."""

import numpy as np
import pytest

from models.replenish import TERMS, TYPICAL, likelihood, terms, window
from training.rhythm.days import Days
from training.rhythm.intervals import habits, rhythms
from training.rhythm.learning import next_purchase, replenish_weights, snapshot


def days_of(rows: list[tuple[int, int, int, float]]) -> Days:
    """Rows of (customer, item, day, quantity), in any order."""
    table = np.array(sorted(rows))
    return Days(*(table[:, at].astype(np.int32) for at in range(3)), table[:, 3].astype(np.float32))


def test_gaps_by_hand() -> None:
    """Coffee on days 0, 10, 30 has two gaps with mean 15; a single purchase has none."""
    found = habits(days_of([(0, 0, 0, 1), (0, 0, 10, 1), (0, 0, 30, 1), (0, 1, 5, 2)]))
    assert found.days.tolist() == [3, 1]
    assert found.gaps.tolist() == [2, 0]
    assert found.mean.tolist() == [15.0, 0.0]
    assert (found.first.tolist(), found.last.tolist()) == ([0, 5], [30, 5])
    assert found.quantity.tolist() == [1.0, 2.0]


def test_what_follows_a_bulk_buy_is_no_rhythm() -> None:
    """After five times the usual quantity the customer waits long; that gap does not count."""
    found = habits(days_of([(0, 0, 0, 1), (0, 0, 10, 1), (0, 0, 20, 5), (0, 0, 90, 1)]))
    assert found.gaps.tolist() == [2]
    assert found.mean.tolist() == [10.0]


def test_a_larger_last_purchase_lasts_a_little_longer() -> None:
    """Twice the usual quantity stretches the expected interval by 2^0.1."""
    usual = [(0, 0, day, 2.0) for day in (0, 10, 20)]
    more = [(0, 0, 0, 2.0), (0, 0, 10, 2.0), (0, 0, 20, 4.0)]
    none = np.array([-1], dtype=np.int32)
    plain, stretched = (rhythms(habits(days_of(rows)), none).own[0] for rows in (usual, more))
    assert stretched == pytest.approx(plain * 2**0.1)


def test_own_interval_is_drawn_to_the_items() -> None:
    """Ten customers buy every 10 days, one came once after 40: theirs lies between, nearer to the many."""
    rows = [(c, 0, day, 1.0) for c in range(10) for day in range(0, 100, 10)] + [(10, 0, 0, 1.0), (10, 0, 40, 1.0)]
    found = rhythms(habits(days_of(rows)), np.array([-1], dtype=np.int32))
    assert found.own[0] == pytest.approx(10, rel=0.05)
    assert 10 < found.own[10] < 25
    assert found.item[0] == pytest.approx(10, rel=0.15)


def test_too_little_is_refused() -> None:
    """One own repeat and two repeaters are too little; two own repeats are enough, and so are three repeaters."""
    none = np.array([-1, -1, -1], dtype=np.int32)
    rows = [(0, 0, 0, 1.0), (0, 0, 9, 1.0)]
    rows += [(0, 1, day, 1.0) for day in (0, 9, 18)]
    rows += [(c, 2, day, 1.0) for c in (1, 2, 3) for day in (0, 9)] + [(4, 2, 3, 1.0)]
    past = habits(days_of(rows))
    found = rhythms(past, none)
    told = {(int(c), int(i)): own > 0 for c, i, own in zip(past.customer, past.item, found.own, strict=True)}
    assert told == {(0, 0): False, (0, 1): True, (1, 2): True, (2, 2): True, (3, 2): True, (4, 2): True}
    assert (found.item > 0).tolist() == [False, False, True]


def test_nothing_at_all() -> None:
    """No purchases: no habits, no intervals, typical weights."""
    empty = Days(*(np.empty(0, np.int32) for _ in range(3)), np.empty(0, np.float32))
    category = np.empty(0, np.int32)
    assert len(habits(empty)) == 0
    assert len(rhythms(habits(empty), category).own) == 0
    assert replenish_weights(empty, category).tolist() == list(TYPICAL)


def test_next_purchase_against_a_search() -> None:
    """The first day from today on, per entry, equals a search through all rows."""
    rng = np.random.default_rng(1)
    rows = {(int(c), int(i), int(d), 1.0) for c, i, d in rng.integers((5, 4, 60), size=(200, 3)).tolist()}
    days = days_of(list(rows))
    past = habits(days.before(40))
    came = next_purchase(days, past, 40)
    for customer, item, day in zip(past.customer, past.item, came, strict=True):
        later = [d for c, i, d, _ in rows if (c, i) == (customer, item) and d >= 40]
        assert day == min(later, default=np.iinfo(np.int32).max)


def test_the_past_alone_is_looked_at() -> None:
    """Whatever happens from today on, what is called today stays the same."""
    rng = np.random.default_rng(2)
    rows = [(int(c), int(i), int(d), 1.0) for c, i, d in rng.integers((30, 5, 100), size=(2_000, 3)).tolist()]
    rows = sorted(set(rows))
    category = np.full(5, -1, dtype=np.int32)
    calm = days_of([r for r in rows if r[2] < 80])
    wild = days_of(rows)
    np.testing.assert_array_equal(snapshot(calm, category, 80, 200)[0], snapshot(wild, category, 80, 200)[0])


def test_regular_buyers_are_believed_and_irregular_ones_are_not() -> None:
    """Where half the shop buys every 10 days and half by chance, the learnt likelihood tells them apart."""
    rng = np.random.default_rng(3)
    rows = [(c, 0, day + int(c) % 10, 1.0) for c in range(60) for day in range(0, 400, 10)]
    rows += [(c, 1, int(day), 1.0) for c in range(60, 120) for day in np.unique(rng.integers(0, 400, 5))]
    days = days_of(rows)
    category = np.full(2, -1, dtype=np.int32)
    weights = replenish_weights(days.before(360), category)
    past = habits(days.before(360))
    found = rhythms(past, category)
    x = terms(past.days, np.maximum(found.own, 1), (360 - past.last).astype(float), found.repeat[past.item])
    chance = likelihood(weights, x)
    assert chance[past.item == 0].mean() > 1.5 * chance[past.item == 1].mean()
    assert x.shape[1] == len(TERMS) == len(TYPICAL)


def test_the_window_of_what_is_overdue_begins_today() -> None:
    """Due on day 110 ± 2; overdue since long: from today to today + 40 % of an interval."""
    begin, end = window(np.array([100, 50]), np.array([10.0, 10.0]), 105)
    assert begin.tolist() == [108.0, 105.0]
    assert end.tolist() == [112.0, 109.0]
