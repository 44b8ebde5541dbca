"""What a customer buys again, and whether it is time. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.records import ItemFacts
from recsvc.store.contract import History

_LAPSED = 3.0
"""After so many intervals without the item, the customer has left it: no longer due."""

_EARLY = 0.8
"""Due a little before the interval is over: a tolerance of 20 %."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something that the customer bought before, perhaps about to be needed again.

    Attributes:
        item: index of the item.
        orders: baskets of this customer with it.
        interval_days: the customer's own rhythm, else the item's, else the assumed one.
        days_since: days from the last purchase to the end of the training data; -1 where orders carry no time.
    """

    item: int
    orders: int
    interval_days: float
    days_since: int

    @property
    def early(self) -> bool:
        """Whether the interval is not nearly over."""
        return 0 <= self.days_since < _EARLY * self.interval_days

    @property
    def due(self) -> bool:
        """Whether it is time: between 0.8 and 3 intervals after the last purchase."""
        return _EARLY * self.interval_days <= self.days_since <= _LAPSED * self.interval_days


def due_items(history: History, facts: ItemFacts, today: int | None, due_after_days: float) -> list[Due]:
    """The consumables that are due, most often bought first, then item up.

    Due are items bought in two baskets or more whose age lies between 0.8 and 3 intervals. The interval is
    `(last_day − first_day) / (count − 1)`, the customer's own; where it is unknown or zero, `due_after_days`.
    """
    if today is None:
        return []
    found = []
    for at in np.flatnonzero((history.count >= 2) & (facts.consumable[history.item] == 1)).tolist():
        last, count = history.last_day.item(at), history.count.item(at)
        if last < 0:
            continue
        span = last - history.first_day.item(at)
        habit = Due(history.item.item(at), count, span / (count - 1) if span > 0 else due_after_days, today - last)
        if habit.due:
            found.append(habit)
    return sorted(found, key=lambda d: (-d.orders, d.item))


def consumables(history: History, facts: ItemFacts, today: int | None, due_after_days: float) -> dict[int, Due]:
    """Family → its most habitual consumable variant, bought at least once.

    The interval is the customer's own as the version has it, else the item's, else `due_after_days`.
    """
    found: dict[int, Due] = {}
    for at in np.flatnonzero(facts.consumable[history.item] == 1).tolist():
        item, last, count = history.item.item(at), history.last_day.item(at), history.count.item(at)
        interval = history.interval_days.item(at) or facts.interval_days.item(item) or due_after_days
        since = today - last if today is not None and last >= 0 else -1
        family = facts.family.item(item)
        if family not in found or found[family].orders < count:
            found[family] = Due(item, count, float(interval), since)
    return found
