"""What a customer is due to buy again, and when. Pure: the day of asking is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.records import ItemFacts
from models.replenish import LAPSED, REPLENISH_WEIGHTS, TYPICAL, likelihood, terms, window
from recsvc.ranking import Gate, Pick, Shelf
from recsvc.store.contract import History, Snapshot

FRESH_DAYS = 31
"""A version whose orders end longer ago than this is asked about the end of its orders, not about today."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A consumable that a customer may need again.

    Attributes:
        item: index of what was bought.
        orders: baskets of this customer with it or a variant.
        interval_days: days expected between two of them.
        last_day: day of the last purchase, of it or of a variant, days since 1970-01-01 (UTC).
        due_day: last purchase plus interval; before today where it is overdue.
        from_day, to_day: when the purchase is expected.
        quantity: what this customer usually takes.
        likelihood: chance that the purchase falls between `from_day` and `to_day`.
    """

    item: int
    orders: int
    interval_days: int
    last_day: int
    due_day: int
    from_day: int
    to_day: int
    quantity: float
    likelihood: float


def day_asked(today: int, data_until: int | None) -> int | None:
    """The day that due dates are counted from: today, or the end of the orders where those are old; None without."""
    if data_until is None:
        return None
    return today if today - data_until <= FRESH_DAYS else data_until


def repeats(
    history: History, facts: ItemFacts, settings: Mapping[str, object], today: int, within_days: int
) -> list[Repeat]:
    """What is due by `today + within_days`, the most likely first, then item up; one variant of each family.

    Consumables with a known rhythm only, which is the family's: a purchase of a variant counts. What was not bought
    for three intervals is not due any more: the customer has left it.
    """
    family = facts.family[history.item]
    last, count = _of_family(family, history)
    interval = history.interval_days.astype(np.float64)
    told = (interval > 0) & (facts.consumable[history.item] == 1) & (last >= 0)
    at = np.flatnonzero(told & (today - last <= LAPSED * interval))
    last, interval = last[at], interval[at]
    begin, end = window(last, interval, today)
    repeat = facts.repeat[history.item[at]].astype(np.float64)
    chance = likelihood(_weights(settings), terms(count[at], interval, (today - last).astype(np.float64), repeat))
    order = np.lexsort((history.item[at], -chance))
    found: dict[int, Repeat] = {}
    for one in order[begin[order] <= today + within_days].tolist():
        entry = at[one]
        found.setdefault(
            family.item(entry),
            Repeat(
                item=history.item.item(entry),
                orders=int(count[entry]),
                interval_days=int(interval[one]),
                last_day=int(last[one]),
                due_day=int(last[one] + interval[one]),
                from_day=int(np.ceil(begin[one])),
                to_day=int(np.ceil(end[one])),
                quantity=float(history.quantity[entry]),
                likelihood=float(chance[one]),
            ),
        )
    return list(found.values())


def replenish(
    snapshot: Snapshot, history: History, today: int, within_days: int, n: int, stem_cap: int
) -> list[tuple[Pick, Repeat]]:
    """At most `n` items to offer again, each with what is due; an orderable variant stands in for what is sold out."""
    due = repeats(history, snapshot.facts, snapshot.settings, today, within_days)
    shelf = Shelf(Gate(snapshot.tags, snapshot.variants), n, stem_cap)
    shelf.place(Pick(one.item, one.likelihood, None, -1, 0) for one in due)
    of_family = {snapshot.facts.family.item(one.item): one for one in due}
    return [(pick, of_family[snapshot.facts.family.item(pick.item)]) for pick in shelf.picks]


def _of_family(family: NDArray[np.int32], history: History) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Per purchase the last day on which anything of its family was bought, and in how many baskets."""
    _, group = np.unique(family, return_inverse=True)
    last, count = np.full(len(family), -1, dtype=np.int64), np.zeros(len(family), dtype=np.int64)
    np.maximum.at(last, group, history.last_day)
    np.add.at(count, group, history.count.astype(np.int64))
    return last[group], count[group]


def _weights(settings: Mapping[str, object]) -> NDArray[np.float64]:
    learnt = settings.get(REPLENISH_WEIGHTS)
    return np.array(learnt if isinstance(learnt, list) and len(learnt) == len(TYPICAL) else TYPICAL, dtype=np.float64)
