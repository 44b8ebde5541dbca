"""Where a customer stands with a kind of goods, and what that asks for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.records import ItemFacts
from models.replenish import LAPSED, TOLERANCE
from recsvc.store.contract import History

Phase = Literal["never", "considering", "just_bought", "accessory_window", "settled", "due", "overdue", "lapsed"]
Job = Literal["accessory", "replenishment", "trade_up", "silence"]

JOBS: dict[Phase, Job] = {
    "never": "silence",
    "considering": "trade_up",
    "just_bought": "accessory",
    "accessory_window": "accessory",
    "settled": "silence",
    "due": "replenishment",
    "overdue": "replenishment",
    "lapsed": "silence",
}
"""What a phase asks for; what was viewed and not bought is `considering`, which purchases alone do not tell."""

JUST_BOUGHT_DAYS = 7
ACCESSORY_DAYS = 60
_JUST_BOUGHT_SHARE = 0.25
"""Of an interval, for consumables."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One customer and one category.

    Attributes:
        category: index of the category.
        item: what was bought last of it.
        phase: see `phase_of`.
        orders: baskets with the item bought most often.
        last_day: day of the last purchase, days since 1970-01-01 (UTC).
        interval_days: days between purchases, 0 for durables and where unknown.
    """

    category: int
    item: int
    phase: Phase
    orders: int
    last_day: int
    interval_days: int

    @property
    def job(self) -> Job:
        """What the phase asks for."""
        return JOBS[self.phase]


def phase_of(since: int, interval_days: int) -> Phase:
    """The phase `since` days after the last purchase.

    With an interval: just bought for a quarter of it, settled to 80 %, due to 120 %, overdue to three of them, then
    lapsed. Without one, as with durables: just bought for 7 days, then time for accessories to the 60th, then settled.
    """
    if interval_days <= 0:
        if since <= JUST_BOUGHT_DAYS:
            return "just_bought"
        return "accessory_window" if since <= ACCESSORY_DAYS else "settled"
    passed = since / interval_days
    if passed < _JUST_BOUGHT_SHARE:
        return "just_bought"
    if passed < 1 - TOLERANCE:
        return "settled"
    if passed <= 1 + TOLERANCE:
        return "due"
    return "overdue" if passed <= LAPSED else "lapsed"


def standings(history: History, facts: ItemFacts, today: int) -> Sequence[Standing]:
    """Every category that the customer bought from, last bought first, then category up; without times none.

    A category's interval is the shortest of the customer's consumables in it: who buys coffee every ten days and
    filters every forty is asked after ten.
    """
    category = facts.category[history.item]
    found = []
    for one in np.unique(category[(category >= 0) & (history.last_day >= 0)]).tolist():
        at = np.flatnonzero(category == one)
        intervals = history.interval_days[at][facts.consumable[history.item[at]] == 1]
        interval = int(intervals[intervals > 0].min(initial=65_535)) if (intervals > 0).any() else 0
        newest = at[np.argmax(history.last_day[at])]
        last = history.last_day.item(newest)
        found.append(
            Standing(
                one,
                history.item.item(newest),
                phase_of(max(today - last, 0), interval),
                int(history.count[at].max()),
                last,
                interval,
            )
        )
    return sorted(found, key=lambda standing: (-standing.last_day, standing.category))
