"""Candidates of a block of customers and what is known of each pair, from known visits alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.next_basket import groups
from training.next_basket.alike import SLOW, Pool, alike, decayed, frequency
from training.next_basket.follow import Follow
from training.next_basket.knowledge import Knowledge
from training.next_basket.visits import Visits

FEATURES = (
    "own_count", "own_share", "own_fast", "own_middle", "own_slow", "own_light", "own_since", "own_gap", "own_due",
    "own_since_days", "own_due_days", "own_last_two", "own_tenure", "own_first",
    "visits", "size", "last_size", "distinct", "habit", "gap_days", "taste_popular",
    "popular", "now", "trend", "buyers", "again", "per_buyer", "soon", "gap",
    "last_fortnight", "last_quarter", "rising",
    "together", "together_last", "follow", "follow_rank", "alike", "alike_last", "mixed", "mixed_more",
    "category", "category_last", "price", "price_fit",
    "last_week", "rising_lately",
    *(f"{group}_{name}" for group in ("kind", "group") for name in groups.COLUMNS),
)  # fmt: skip
"""Columns of the matrix, in order."""

Columns = dict[str, NDArray[Any]]
"""Features by name, one entry per pair."""

_OWN, _NOW, _EACH = 150, 100, 40
_FAST, _MIDDLE = 0.6, 0.85
_MIXED = {"mixed": 1.0, "mixed_more": 2.5}
"""Weights of neighbours beside the own frequency, as nearest-neighbour methods blend them (Hu et al., SIGIR 2020)."""
_WEEK, _FORTNIGHT, _QUARTER = 7, 14, 90


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What the shop says of items.

    Attributes:
        category: int32 (n_items,), -1 for none.
        price: float64 (n_items,), nan where unknown.
        kind: int32 (n_items,), `training.titles.kinds`, -1 for none.
    """

    category: NDArray[np.int32]
    price: NDArray[np.float64]
    kind: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Candidates with their features, by customer, then item.

    Attributes:
        customer: int64 (n,), place in the block.
        item: int64 (n,).
        matrix: float32 (n, len(FEATURES)), nan where a feature is not known.
    """

    customer: NDArray[np.int64]
    item: NDArray[np.int64]
    matrix: NDArray[np.float32]


def pairs(
    block: Visits,
    number: NDArray[np.int64],
    asked_day: NDArray[np.int64],
    known: Knowledge,
    pool: Pool,
    marks: Marks,
) -> Pairs:
    """Candidates and features of a block of customers.

    Candidates: what they bought, what sells now, what goes with or follows it, what customers alike buy.

    Args:
        block: b customers' known visits.
        number: int64 (b,), their numbers, as the pool has them.
        asked_day: int64 (b,), the day at which popularity is looked at, each customer's own; unused without days.
        known: of the items.
        pool: of customers.
        marks: of the items.
    """
    n = known.n_items
    taste, last = decayed(block, _MIDDLE), decayed(block, 0.0)
    near, near_last = alike(block, number, pool)
    scores = {
        "together": taste @ known.together,
        "together_last": last @ known.together,
        "alike": near,
        "alike_last": near_last,
    }
    following = known.follow.scores(block)
    own_key, own = _own(block, known)
    sellers = _sellers(block, asked_day, known)
    key: NDArray[np.int64] = np.unique(
        np.concatenate(
            [own_key[_best(own_key // n, own["own_middle"] + own["own_slow"] / 1e3, _OWN)], sellers]
            + [_followers(known.follow, following, n)]
            + [_top(scores[name], n) for name in ("together", "alike", "alike_last")]
        )
    )
    customer, item = key // n, key % n
    columns: Columns = {name: _at(matrix, key, n) for name, matrix in scores.items()}
    often = _at(frequency(block), key, n)
    columns |= {name: often + weight * columns["alike"] for name, weight in _MIXED.items()}
    place = np.minimum(np.searchsorted(own_key, key), max(len(own_key) - 1, 0))
    mine = own_key[place] == key if len(own_key) else np.zeros(len(key), dtype=np.bool_)
    for name, column in own.items():
        empty = np.nan if name in _UNKNOWN_IF_NEW else 0.0
        columns[name] = np.where(mine, column[place], empty) if len(column) else np.full(len(key), empty)
    columns |= _following(known.follow, following, customer, item)
    columns |= _customers(block, known, customer)
    columns |= _items(known, item, asked_day[customer])
    columns |= _shelf(taste, last, marks, customer, item)
    for name, group in (("kind", marks.kind), ("group", marks.category)):
        columns |= groups.columns(name, block, group, customer, item, columns["own_slow"], columns["own_since"])
    matrix = np.empty((len(key), len(FEATURES)), dtype=np.float32)
    for at, name in enumerate(FEATURES):
        matrix[:, at] = columns[name]
    return Pairs(customer, item, matrix)


_UNKNOWN_IF_NEW = {"own_since", "own_gap", "own_due", "own_since_days", "own_due_days", "own_first"}


def _own(block: Visits, known: Knowledge) -> tuple[NDArray[np.int64], Columns]:
    """Keys `customer · n_items + item` of what was bought, rising, and the features of each."""
    visit = np.repeat(np.arange(len(block.day)), np.diff(block.indptr))
    customer = np.repeat(np.arange(block.n_customers), block.counts)[visit]
    age = (block.start[1:][customer] - 1 - visit).astype(np.float64)
    key, where = np.unique(customer * block.n_items + block.item, return_inverse=True)
    item, buyer = key % block.n_items, key // block.n_items

    def total(weight: NDArray[np.floating]) -> NDArray[np.float64]:
        return np.bincount(where, weights=weight, minlength=len(key)).astype(np.float64)

    count = total(np.ones(len(age)))
    since, first = np.full(len(key), np.inf), np.zeros(len(key))
    np.minimum.at(since, where, age)
    np.maximum.at(first, where, age)
    gap = (first - since + 2.0 * known.gap[item]) / (count - 1 + 2.0)  # its own gaps, shrunk to the item's rhythm
    visits = block.counts[buyer]
    found: Columns = {
        "own_count": count,
        "own_share": count / np.maximum(visits, 1),
        "own_fast": total(_FAST**age),
        "own_middle": total(_MIDDLE**age),
        "own_slow": total(SLOW**age),
        "own_light": total(SLOW**age / np.sqrt(np.diff(block.indptr)[visit])),  # small visits say more
        "own_since": since,
        "own_gap": gap,
        "own_due": np.divide(since + 1, gap, out=np.full(len(key), np.inf), where=gap > 0),  # no gap: long due
        "own_last_two": total(1.0 * (age < 2)),
        "own_tenure": count / (first + 1),
        "own_first": first,
    }
    if not block.timed:
        unknown = np.full(len(key), np.nan)
        return key, found | {"own_since_days": unknown, "own_due_days": unknown}
    last_day = np.full(len(key), -1)
    first_day = np.full(len(key), 2**31)
    np.maximum.at(last_day, where, block.day[visit])
    np.minimum.at(first_day, where, block.day[visit])
    expected = _last_day(block)[buyer] + _gap_days(block)[buyer]
    rhythm = (last_day - first_day + 2.0 * known.gap_days[item]) / (count - 1 + 2.0)
    return key, found | {
        "own_since_days": expected - last_day,
        "own_due_days": (expected - last_day) / np.maximum(rhythm, 1.0),
    }


def _last_day(block: Visits) -> NDArray[np.int64]:
    day = np.full(block.n_customers, -1, dtype=np.int64)
    some = block.counts > 0
    day[some] = block.day[block.start[1:][some] - 1]
    return day


def _gap_days(block: Visits) -> NDArray[np.float64]:
    """Days until each customer's next visit as their own visits have it, shrunk by two visits of 14 days."""
    some = block.counts > 0
    span = np.zeros(block.n_customers)
    span[some] = block.day[block.start[1:][some] - 1] - block.day[block.start[:-1][some]]
    return np.asarray((span + 2 * 14.0) / (np.maximum(block.counts - 1, 0) + 2))


def _customers(block: Visits, known: Knowledge, customer: NDArray[np.int64]) -> Columns:
    """What is known of the customers themselves, spread over their pairs."""
    lengths = np.diff(block.indptr)
    of_visit = np.repeat(np.arange(block.n_customers), block.counts)
    lines = np.bincount(of_visit, weights=lengths, minlength=block.n_customers)
    of_line = np.repeat(of_visit, lengths)
    distinct = np.bincount(np.unique(of_line * block.n_items + block.item) // block.n_items, minlength=len(lines))
    visits = block.counts.astype(np.float64)
    last = np.zeros(block.n_customers)
    some = block.counts > 0
    last[some] = lengths[block.start[1:][some] - 1]
    loved = np.bincount(of_line, weights=np.log(known.popular[block.item] + 1e-6), minlength=block.n_customers)
    found: Columns = {
        "visits": visits,
        "size": lines / np.maximum(visits, 1),
        "last_size": last,
        "distinct": distinct,
        "habit": 1 - distinct / np.maximum(lines, 1),
        "gap_days": _gap_days(block) if block.timed else np.full(len(visits), np.nan),
        "taste_popular": loved / np.maximum(lines, 1),
    }
    return {name: column[customer] for name, column in found.items()}


def _items(known: Knowledge, item: NDArray[np.int64], day: NDArray[np.int64]) -> Columns:
    """What is known of the items, at the day on which each customer is asked about."""
    popular, now = known.popular[item], known.now[item]
    found: Columns = {
        "popular": popular,
        "now": now,
        "trend": np.log((now + 1e-5) / (popular + 1e-5)),
        "buyers": known.buyers[item],
        "again": known.again[item],
        "per_buyer": known.per_buyer[item],
        "soon": known.soon[item],
        "gap": known.gap[item],
    }
    if len(known.line_key):
        fortnight = known.share_between(item, day - _FORTNIGHT, day)
        quarter = known.share_between(item, day - _QUARTER, day)
        # Popularity over all time and "now" know of days after this one: they are left out where days are known.
        hidden = np.full(len(item), np.nan)
        past = known.share_between(item, np.full_like(day, known.first_day - 1), day)
        found |= {"popular": past, "now": hidden, "trend": hidden, "last_fortnight": fortnight}
        found |= {"last_quarter": quarter, "rising": np.log((fortnight + 1e-4) / (quarter + 1e-4))}
        week = known.share_between(item, day - _WEEK, day)
        found |= {"last_week": week, "rising_lately": np.log((week + 1e-4) / (quarter + 1e-4))}
    else:
        unknown = np.full(len(item), np.nan)
        names = ("last_week", "last_fortnight", "last_quarter", "rising", "rising_lately")
        found |= dict.fromkeys(names, unknown)
    return found


def _shelf(
    taste: sp.csr_array, last: sp.csr_array, marks: Marks, customer: NDArray[np.int64], item: NDArray[np.int64]
) -> Columns:
    """Affinity to the item's category, and its price beside what the customer pays."""
    price, category = np.log(marks.price), marks.category.astype(np.int64)
    n_groups = int(category.max(initial=-1)) + 1
    unknown = np.full(len(item), np.nan)
    found: Columns = {"category": unknown, "category_last": unknown, "price": price[item], "price_fit": unknown}
    if n_groups:
        listed = np.flatnonzero(category >= 0)
        group = sp.csr_array(
            (np.ones(len(listed), np.float32), (listed, category[listed])), shape=(len(category), n_groups)
        )
        key = customer * n_groups + np.maximum(category[item], 0)
        for name, matrix in (("category", taste), ("category_last", last)):
            found[name] = np.where(category[item] >= 0, _at(matrix @ group, key, n_groups), np.nan)
    told = np.isfinite(price)
    if told.any():
        weight = np.asarray(taste @ told.astype(np.float32)).ravel()
        usual = np.asarray(taste @ np.where(told, price, 0.0)).ravel() / np.where(weight > 0, weight, np.nan)
        found["price_fit"] = price[item] - usual[customer]
    return found


def _sellers(block: Visits, day: NDArray[np.int64], known: Knowledge) -> NDArray[np.int64]:
    """Keys of what sells when each customer is asked: the same list for all who are asked on one day."""
    customers = np.arange(block.n_customers)
    items = np.arange(known.n_items)
    if not len(known.line_key):
        best = np.lexsort((items, -known.now))[:_NOW]
        return np.asarray((customers[:, None] * known.n_items + best).ravel())
    days, where = np.unique(day, return_inverse=True)
    lists = np.empty((len(days), min(_NOW, len(items))), dtype=np.int64)
    for row, one in zip(lists, days.tolist(), strict=True):
        share = known.share_between(items, np.full_like(items, one - 2 * _FORTNIGHT), np.full_like(items, one))
        row[:] = np.lexsort((items, -share))[: len(row)]
    return np.asarray((customers[:, None] * known.n_items + lists[where]).ravel())


def _followers(follow: Follow, scores: NDArray[np.float32], n: int) -> NDArray[np.int64]:
    """Keys of the `_EACH` items likeliest to follow, per customer."""
    k = min(_EACH, scores.shape[1])
    if not k or not len(scores):
        return np.empty(0, np.int64)
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    return np.asarray((np.arange(len(scores))[:, None] * n + follow.item[best]).ravel())


def _following(
    follow: Follow, scores: NDArray[np.float32], customer: NDArray[np.int64], item: NDArray[np.int64]
) -> Columns:
    """Each pair's score by what follows what, and how far it stands below the customer's best."""
    place = np.minimum(np.searchsorted(follow.item, item), max(len(follow.item) - 1, 0))
    if not scores.size:
        return {"follow": np.full(len(item), np.nan), "follow_rank": np.full(len(item), np.nan)}
    found = np.where(follow.item[place] == item, scores[customer, place], np.nan)
    return {"follow": found, "follow_rank": found - scores.max(axis=1)[customer]}


def _best(row: NDArray[np.int64], score: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Places of the k best entries of each row, the first of equals."""
    order = np.lexsort((np.arange(len(row)), -score, row))
    rows = row[order]
    return np.asarray(order[np.arange(len(row)) - np.searchsorted(rows, rows) < k])


def _top(matrix: sp.csr_array, n: int) -> NDArray[np.int64]:
    """Keys of the `_EACH` best of each row, as far as they are above the row's mean, which is cheap to know first."""
    lengths = np.diff(matrix.indptr)
    row = np.repeat(np.arange(matrix.shape[0]), lengths)
    mean = np.asarray(matrix.sum(axis=1)).ravel() / np.maximum(lengths, 1)
    high = np.flatnonzero(matrix.data >= mean[row])
    kept = high[_best(row[high], matrix.data[high].astype(np.float64), _EACH)]
    return np.asarray(row[kept] * n + matrix.indices[kept])


def _at(matrix: sp.csr_array, key: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    """The matrix's values at keys `row · n + column`, 0 where nothing is stored."""
    matrix = sp.csr_array(matrix)
    matrix.sum_duplicates()
    stored = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)) * n + matrix.indices
    if not len(stored):
        return np.zeros(len(key))
    place = np.minimum(np.searchsorted(stored, key), len(stored) - 1)
    return np.where(stored[place] == key, matrix.data[place], 0.0)
