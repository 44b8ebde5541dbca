"""What to show one customer next: due consumables and what goes with their last purchases. Pure, as ranking is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, zip_longest

import numpy as np

from models.records import CROSS_SELL, ItemFacts
from recsvc.ranking import Gate, Pick, Shelf, merge
from recsvc.shelves import backfill
from recsvc.store.contract import History, Snapshot

_LAPSED = 3.0
"""After so many intervals without the item, the customer has left it: no longer due."""

_EARLY = 0.8
"""Due a little before the interval is over: `quality.md`'s tolerance of 20 %."""

_STEP = 0.85
"""Where orders carry no time, each earlier purchase speaks so much softer than the one after it."""


@dataclass(frozen=True, slots=True)
class PicksSettings:
    """How picks are chosen.

    Attributes:
        history: how many of the customer's last items speak.
        half_life_days: age at which a purchase speaks half as loud.
        due_after_days: interval assumed of a consumable whose rhythm is unknown.
        stem_cap: most items with titles alike.
    """

    history: int
    half_life_days: float
    due_after_days: float
    stem_cap: int


@dataclass(frozen=True, slots=True)
class Due:
    """A consumable that the customer is about to need again.

    Attributes:
        item: index of the item.
        orders: baskets of this customer with it.
        interval_days: the customer's own rhythm, else the assumed one.
        days_since: days from the last purchase to the end of the training data.
    """

    item: int
    orders: int
    interval_days: float
    days_since: int


@dataclass(frozen=True, slots=True)
class CustomerPicks:
    """The picks of one customer.

    Attributes:
        picks: in order; `because` points into `anchors`.
        anchors: the customer's last items.
        due: pick's item → the purchase that is due; a variant may stand in for what was bought.
        personal: whether anything of it comes from the customer's own purchases.
    """

    picks: Sequence[Pick]
    anchors: Sequence[int]
    due: dict[int, Due]
    personal: bool


def pick(snapshot: Snapshot, customer_id: str, n: int, settings: PicksSettings) -> CustomerPicks:
    """Choose `n` items for a customer: due and complementary by turns, due first, then bestsellers.

    The same version gives the same picks, however often and whenever it is asked: ages count from the end of the
    training data, not from now. What was bought stays out, unless it is due. An unknown customer gets bestsellers.
    """
    history = snapshot.customer(customer_id)
    facts, variants = snapshot.facts, snapshot.variants
    if history is None or not len(history.item):
        shelf = Shelf(Gate(facts, variants), n, settings.stem_cap)
        backfill(snapshot, [], shelf)
        return CustomerPicks(shelf.picks, [], {}, personal=False)
    today = _day_of(snapshot.shop.data_until)
    bought = frozenset(facts.family[history.item].tolist())
    due = due_items(history, facts, today, settings.due_after_days)
    anchors: list[int] = history.item[: settings.history].tolist()
    rows = snapshot.vectors([CROSS_SELL], anchors).get(CROSS_SELL, [])
    complements = Shelf(Gate(facts, variants, barred=bought), n, settings.stem_cap)
    votes = merge(rows, purchase_weights(history, today, settings)[: len(rows)], range(len(rows)))
    complements.put_smoothed(votes, [-1] * len(anchors), unproven=False)

    still_barred = bought - {facts.family.item(d.item) for d in due}
    shelf = Shelf(Gate(facts, variants, barred=still_barred), n, settings.stem_cap)
    again = [Pick(d.item, 0.0, None, -1, 0) for d in due]
    turns = chain.from_iterable(zip_longest(again, complements.picks))
    shelf.place(pick for pick in turns if pick is not None)
    habits = {facts.family.item(d.item): d for d in reversed(due)}  # of a family the most habitual, as on the shelf
    shown = {p.item: habits[facts.family.item(p.item)] for p in shelf.picks if p.because < 0}
    personal = bool(shelf.picks)
    backfill(snapshot, anchors, shelf)
    return CustomerPicks(shelf.picks, anchors, shown, personal)


def purchase_weights(history: History, today: int | None, settings: PicksSettings) -> list[float]:
    """How loud each of the last purchases speaks: `0.5^(age / half-life)`, without times `0.85^position`."""
    last_days = history.last_day[: settings.history].tolist()
    if today is None or not last_days or last_days[0] < 0:
        return [_STEP**position for position in range(len(last_days))]
    return [0.5 ** (max(today - day, 0) / settings.half_life_days) for day in last_days]


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
        interval = span / (count - 1) if span > 0 else due_after_days
        if _EARLY * interval <= today - last <= _LAPSED * interval:
            found.append(Due(history.item.item(at), count, interval, today - last))
    return sorted(found, key=lambda d: (-d.orders, d.item))


def _day_of(moment: str | None) -> int | None:
    """Days since 1970-01-01 (UTC) of an ISO 8601 time."""
    if moment is None:
        return None
    parsed = datetime.fromisoformat(moment)
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return int(aware.timestamp() // 86_400)
