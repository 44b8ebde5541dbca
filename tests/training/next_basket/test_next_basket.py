"""The next basket: visits, snapshots that know nothing of their answers, lists that find planted habits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.customers import Why
from training.next_basket.features import FEATURES, Marks
from training.next_basket.follow import follow
from training.next_basket.groups import columns
from training.next_basket.knowledge import knowledge
from training.next_basket.lists import lists
from training.next_basket.ranker import Learning, Ranker, blend, learn, world
from training.next_basket.snapshots import answers, snapshots
from training.next_basket.trees import worth
from training.next_basket.visits import Visits, keep, ranges, some, without_last

N_ITEMS = 40
SMALL = Learning(snapshots=3, questions=900, trees=30, leaves=8)


def visits_from(customers: list[list[tuple[int, list[int]]]], n_items: int = N_ITEMS) -> Visits:
    """(day, items) per visit, per customer."""
    flat = [visit for customer in customers for visit in customer]
    return Visits(
        start=np.cumsum([0, *map(len, customers)]).astype(np.int64),
        day=np.array([day for day, _ in flat], np.int32),
        indptr=np.cumsum([0, *(len(items) for _, items in flat)]).astype(np.int64),
        item=np.array([item for _, items in flat for item in sorted(items)], np.int32),
        n_items=n_items,
    )


def habitual(n: int, *, timed: bool, seed: int = 3) -> Visits:
    """Customers who buy their own staple every time, one of ten others now and then, and item 30 after item 20."""
    random = np.random.default_rng(seed)
    customers = []
    for number in range(n):
        day, before, mine = int(random.integers(100, 140)), False, []
        for _ in range(int(random.integers(4, 9))):
            items = {number % 10, 10 + int(random.integers(10))} | ({30} if before else set())
            before = bool(random.random() < 0.4)
            mine.append((day if timed else -1, sorted(items | ({20} if before else set()))))
            day += int(random.integers(5, 9))
        customers.append(mine)
    return visits_from(customers)


def no_marks(n_items: int = N_ITEMS) -> Marks:
    """A shop that says nothing of its items."""
    nothing = np.full(n_items, -1, np.int32)
    return Marks(nothing, np.full(n_items, np.nan), nothing)


def some_marks() -> Marks:
    """Ten categories of four items, twenty kinds of two."""
    item = np.arange(N_ITEMS, dtype=np.int32)
    return Marks(item // 4, 1.0 + item, item // 2)


def listed(visits: Visits, ranker: Ranker, length: int = 5) -> list[NDArray[np.int32]]:
    """Everybody's list."""
    found = lists(world(visits, no_marks()), ranker, np.arange(visits.n_customers), length)
    return [
        block.item[low:high] for block in found for low, high in zip(block.indptr[:-1], block.indptr[1:], strict=True)
    ]


def test_ranges_by_hand() -> None:
    """Two from 3 and one from 9."""
    assert ranges(np.array([3, 9]), np.array([2, 1])).tolist() == [3, 4, 9]
    assert ranges(np.empty(0, np.int64), np.empty(0, np.int64)).tolist() == []


def test_visits_are_forgotten_from_the_end() -> None:
    """Without its last visit a customer keeps the others, and one without visits keeps its number."""
    visits = visits_from([[(1, [0, 2]), (5, [1])], [(3, [4])]])
    left = without_last(visits, np.array([1, 1]))
    assert (left.counts.tolist(), left.item.tolist(), left.day.tolist()) == ([1, 0], [0, 2], [1])
    assert some(visits, np.array([1, 0])).item.tolist() == [4, 0, 2, 1]
    assert keep(visits, visits.start[:-1], visits.start[1:]).item.tolist() == visits.item.tolist()


def test_habits_of_items_by_hand() -> None:
    """Item 0 is bought three times by one customer, every second visit: four visits and 20 days between."""
    visits = visits_from([[(0, [0]), (5, [1]), (10, [0]), (15, [1]), (20, [0])]], 2)
    known = knowledge(visits)
    assert known.popular.tolist() == [0.6, 0.4]
    assert known.gap.tolist() == [2.0, 2.0]
    assert known.gap_days.tolist() == [10.0, 10.0]
    item, day = np.array([0, 0, 1]), np.array([20, 9, 20])
    assert known.share_between(item, day - 10, day).tolist() == pytest.approx([1 / 12, 1 / 12, 1 / 12])


def test_what_follows_what_is_found() -> None:
    """After item 20 comes item 30, whoever the customer is; its weight is the largest but for habits."""
    found = follow(habitual(300, timed=False))
    weight = found.weight[np.searchsorted(found.item, 20)]
    assert found.item[int(np.argmax(weight))] == 30


def test_follow_equals_ridge_regression_by_normal_equations() -> None:
    """The closed form beside the slow one, over dense matrices."""
    visits = habitual(20, timed=False)
    left, right = np.zeros((N_ITEMS, N_ITEMS)), np.zeros((N_ITEMS, N_ITEMS))
    for customer in range(visits.n_customers):
        baskets = [
            set(visits.item[visits.indptr[at] : visits.indptr[at + 1]].tolist())
            for at in range(visits.start[customer], visits.start[customer + 1])
        ]
        for back in range(3):
            seen = baskets[: len(baskets) - back - 1]
            if not seen:
                continue
            x = np.zeros(N_ITEMS)
            for age, basket in enumerate(reversed(seen)):
                x[sorted(basket)] += 0.9**age
            x /= np.linalg.norm(x)
            y = np.isin(np.arange(N_ITEMS), sorted(baskets[len(baskets) - back - 1]))
            left += 0.7**back * np.outer(x, x)
            right += 0.7**back * np.outer(x, y)
    slow = np.linalg.solve(left + 40 * np.eye(N_ITEMS), right)
    assert np.allclose(follow(visits).weight, slow, atol=1e-5)


@pytest.mark.parametrize("timed", [True, False])
def test_a_snapshot_hides_its_answers(timed: bool) -> None:
    """The visit asked for is not visible, and what is visible came before it."""
    visits = habitual(60, timed=timed)
    moments = list(snapshots(visits, 3, 0.5, 900, 1))
    assert len(moments) == 3
    for back, moment in enumerate(moments):
        assert (moment.visible.counts[moment.asked] == visits.counts[moment.asked] - back - 1).all()
        whole = without_last(visits, np.full(visits.n_customers, back))
        assert np.array_equal(moment.answer, answers(whole, moment.asked))


@pytest.mark.parametrize("timed", [True, False])
def test_a_signal_of_the_future_is_ignored(timed: bool) -> None:
    """A new item in every hidden visit, and in nothing before it, changes no feature and is on nobody's list."""
    visits = habitual(200, timed=timed)
    hidden = visits.start[1:] - 1
    item = visits.item.copy()
    last = ranges(visits.indptr[:-1][hidden] + np.diff(visits.indptr)[hidden] - 1, np.ones(len(hidden), np.int64))
    item[last] = N_ITEMS - 1  # the largest number: lines of a visit still rise
    planted = Visits(visits.start, visits.day, visits.indptr, item, N_ITEMS)
    for plain, signal in zip(snapshots(visits, 2, 1.0, 2_000, 1), snapshots(planted, 2, 1.0, 2_000, 1), strict=True):
        block = some(plain.visible, plain.asked)
        before, after = (world(moment.visible, some_marks()).pairs(block, plain.asked) for moment in (plain, signal))
        assert np.array_equal(before.matrix, after.matrix, equal_nan=True)
    known = without_last(planted, np.ones(planted.n_customers, np.int64))
    assert all(N_ITEMS - 1 not in row for row in listed(known, learn(known, no_marks(), SMALL)))


def test_popularity_of_later_days_is_not_looked_at() -> None:
    """A customer is asked on the day of the own last visit: what others buy later does not reach the features."""
    early = [[(day, [1, 2]), (day + 7, [1]), (day + 14, [1, 3])] for day in range(3)]
    late = [[(200 + day, [5]), (210 + day, [5])] for day in range(40)]
    shares = []
    for others in (late, [[(200 + day, [6]), (210 + day, [6])] for day in range(40)]):
        visits = visits_from([*early, *others])
        found = world(visits, no_marks()).pairs(some(visits, np.arange(3)), np.arange(3))
        columns = [FEATURES.index(name) for name in ("popular", "last_fortnight", "last_quarter", "rising")]
        shares.append(found.matrix[np.isin(found.item, [1, 2, 3])][:, columns])
    assert np.array_equal(shares[0], shares[1], equal_nan=True)


@pytest.mark.parametrize("timed", [True, False])
def test_habits_come_first(timed: bool) -> None:
    """Nearly everybody's staple stands first, and it is said to be a habit."""
    visits = habitual(300, timed=timed)
    ranker = learn(visits, no_marks(), SMALL)
    assert ranker.method == "lightgbm"
    first = [row[0] for row in listed(visits, ranker)]
    assert np.mean(np.array(first) == np.arange(300) % 10) > 0.95
    block = next(lists(world(visits, no_marks()), ranker, np.arange(300), 5))
    assert set(block.why[block.indptr[:-1]].tolist()) <= {Why.REPEAT, Why.DUE}


def test_the_number_of_threads_changes_nothing() -> None:
    """Same visits, same trees, same lists."""
    visits = habitual(200, timed=True)
    one, two = (listed(visits, learn(visits, no_marks(), SMALL, threads=threads)) for threads in (1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_memory_is_cut_into_blocks_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Customers in one block or in many: the same lists."""
    visits = habitual(120, timed=True)
    whole = listed(visits, blend())
    monkeypatch.setattr("training.next_basket.ranker.World.block", 7)
    assert all(np.array_equal(a, b) for a, b in zip(whole, listed(visits, blend()), strict=True))


def test_too_little_to_learn_from_is_blended() -> None:
    """Three customers teach no trees; one visit is enough for a list, none gets none."""
    visits = visits_from([[(1, [0, 1])], [(2, [0, 2]), (9, [0])], [], [(3, [0, 1])]])
    ranker = learn(visits, no_marks(), SMALL)
    assert ranker.method == "blend"
    found = listed(visits, ranker)
    assert found[0][0] in {0, 1}
    assert len(found[2]) == 0


def test_a_visit_counts_once_by_hand() -> None:
    """The ideal lists of visits of 1, 2 and 3 items are worth 1, 1.63 and 2.13: a right first place is one of these."""
    assert worth(np.array([1, 2, 3])).tolist() == pytest.approx([1, 1 / 1.6309298, 1 / 2.1309298])


def test_small_visits_are_listened_to() -> None:
    """Customers take either bread alone or ten things at once, bread never among them: bread comes first.

    It is the less likely one, three visits in ten against seven, and brings more: 0.3 · 1 against 0.7 / 4.54.
    """
    random = np.random.default_rng(4)
    crowd = [
        [(-1, [0] if random.random() < 0.3 else list(range(1, 11))) for _ in range(int(random.integers(5, 9)))]
        for _ in range(300)
    ]
    visits = visits_from(crowd)
    ranker = learn(visits, no_marks(), SMALL)
    assert ranker.method == "lightgbm"
    assert np.mean([row[0] == 0 for row in listed(visits, ranker)]) > 0.9


def test_small_visits_weigh_more_by_hand() -> None:
    """Item 0 in a visit of four, then alone: 0.97 / 2 + 1."""
    visits = visits_from([[(0, [0, 1, 2, 3]), (5, [0])]])
    found = world(visits, no_marks()).pairs(visits, np.arange(1))
    light = found.matrix[:, FEATURES.index("own_light")]
    assert light[found.item == 0].tolist() == pytest.approx([0.97 / 2 + 1])
    assert light[found.item == 1].tolist() == pytest.approx([0.97 / 2])


def test_a_group_is_due_and_filled_by_hand() -> None:
    """Items 0 and 1 are of one kind: visits 0 (item 0), 1 (nothing), 2 (both), 3 (nothing) of one customer."""
    visits = visits_from([[(0, [0]), (5, [3]), (10, [0, 1]), (15, [3])]])
    group = np.array([0, 0, 0, -1, *[-1] * (N_ITEMS - 4)], np.int32)
    items = np.array([0, 1, 2, 3])
    slow = np.array([0.97**3 + 0.97, 0.97, 0, 0.97**2 + 1])
    since = np.array([1.0, 1, np.nan, 0])
    found = columns("kind", visits, group, np.zeros(4, np.int64), items, slow, since)
    assert found["kind_share"].tolist()[:3] == [0.5, 0.5, 0.5]
    assert found["kind_since"].tolist()[:3] == [1, 1, 1]
    assert found["kind_due"].tolist()[:3] == pytest.approx([2 / ((2 + 16) / 3)] * 3)
    assert found["kind_kinds"].tolist()[:3] == [2, 2, 2]
    assert found["kind_part"].tolist()[:3] == pytest.approx([1, 1 / (0.97**2 + 1), 0])
    assert found["kind_later"].tolist()[:2] == [0, 0]
    assert all(np.isnan(column[3]) for column in found.values())
