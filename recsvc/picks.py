"""What to show one customer next: the version's list, gated; without one, due items and complements. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Literal

import numpy as np
from msgspec.structs import replace

from models.customers import Why
from models.days import day_of
from models.records import CROSS_SELL, ItemFacts
from recsvc.habits import Due, consumables, due_items
from recsvc.ranking import Gate, Pick, Shelf
from recsvc.shelves import backfill
from recsvc.store.contract import History, NextRow, Snapshot
from recsvc.votes import merge

Purchased = Literal["include", "exclude", "due"]

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
class CustomerPicks:
    """The picks of one customer.

    Attributes:
        picks: in order; `because` points into `anchors`.
        anchors: the customer's last items.
        due: pick's item → the purchase that is due; a variant may stand in for what was bought.
        personal: whether anything of it comes from the customer's own purchases.
        again: pick's item → a purchase that is not due by the calendar, and yet likely.
        voices: pick's item → why it is shown, where neither a purchase nor an anchor says it.
    """

    picks: Sequence[Pick]
    anchors: Sequence[int]
    due: Mapping[int, Due]
    personal: bool
    again: Mapping[int, Due] = field(default_factory=dict)
    voices: Mapping[int, Why] = field(default_factory=dict)


def pick(
    snapshot: Snapshot, customer_id: str, n: int, settings: PicksSettings, purchased: Purchased | None = None
) -> CustomerPicks:
    """Choose `n` items for a customer: the version's list of what is next, else due and complementary items by turns.

    The same version gives the same picks, however often and whenever it is asked: ages count from the end of the
    training data, not from now. An unknown customer gets bestsellers, labelled as such.

    Args:
        snapshot: the version.
        customer_id: whose picks.
        n: places; a caller who gates further asks for more.
        settings: how picks are chosen.
        purchased: what of the customer's own may stand here: `include` everything, `exclude` nothing, `due` consumables
            whose interval is about over; None consumables unless it is too early for them, durables never.
    """
    history = snapshot.customer(customer_id)
    if history is None or not len(history.item):
        shelf = Shelf(Gate(snapshot.tags, snapshot.variants), n, settings.stem_cap)
        backfill(snapshot, [], shelf)
        return CustomerPicks(shelf.picks, [], {}, personal=False)
    ahead = snapshot.next_items(customer_id)
    if ahead is not None and len(ahead.item):
        return _listed(snapshot, history, ahead, n, settings, purchased)
    return _by_turns(snapshot, history, n, settings, purchased)


def _listed(
    snapshot: Snapshot, history: History, ahead: NextRow, n: int, settings: PicksSettings, purchased: Purchased | None
) -> CustomerPicks:
    """What the version's ranker foretells, in its order, without what must not be shown."""
    facts = snapshot.facts
    habits = consumables(history, facts, day_of(snapshot.shop.data_until), settings.due_after_days)
    bought = frozenset(facts.family[history.item].tolist())
    shelf = Shelf(
        Gate(snapshot.tags, snapshot.variants, barred=_barred(bought, habits, purchased)), n, settings.stem_cap
    )
    items = ahead.item.tolist()
    shelf.place(Pick(item, score, None, -1, 0) for item, score in zip(items, ahead.score.tolist(), strict=True))
    why = {facts.family.item(item): Why(code) for item, code in zip(items, ahead.why.tolist(), strict=True)}
    own = {p.item: habits.get(facts.family.item(p.item)) for p in shelf.picks if facts.family.item(p.item) in bought}
    voices = {p.item: why[facts.family.item(p.item)] for p in shelf.picks if p.item not in own}
    anchors: list[int] = history.item[: settings.history].tolist()
    shelf.picks[:] = _anchored(snapshot, anchors, shelf.picks, voices)
    personal = bool(shelf.picks)
    backfill(snapshot, anchors, shelf)
    return CustomerPicks(
        picks=shelf.picks,
        anchors=anchors,
        due={item: habit for item, habit in own.items() if habit is not None and habit.due},
        personal=personal,
        again={item: habit or _had(history, facts, item) for item, habit in own.items() if not (habit and habit.due)},
        voices=voices,
    )


def _barred(bought: frozenset[int], habits: Mapping[int, Due], purchased: Purchased | None) -> frozenset[int]:
    """Families that the customer has and that may not be shown."""
    if purchased == "include":
        return frozenset()
    if purchased == "exclude":
        return bought
    if purchased == "due":
        return bought - {family for family, habit in habits.items() if habit.due}
    return bought - {family for family, habit in habits.items() if not habit.early}


def _had(history: History, facts: ItemFacts, item: int) -> Due:
    """A durable of this family that the customer has, the one bought last."""
    at = int(np.flatnonzero(facts.family[history.item] == facts.family.item(item))[0])
    return Due(history.item.item(at), history.count.item(at), 0.0, -1)


def _anchored(
    snapshot: Snapshot, anchors: Sequence[int], picks: Sequence[Pick], voices: Mapping[int, Why]
) -> list[Pick]:
    """Picks that go with something bought point to the purchase they go with best; one trip, where there are any."""
    wanted = [p.item for p in picks if voices.get(p.item) is Why.COMPLEMENT]
    rows = snapshot.vectors([CROSS_SELL], anchors).get(CROSS_SELL, []) if wanted else []
    if not rows:
        return list(picks)
    item = np.concatenate([row.item for row in rows])
    together = np.concatenate([row.together for row in rows])
    score = np.concatenate([row.score for row in rows])
    anchor = np.repeat(np.arange(len(rows)), [len(row.item) for row in rows])
    best: dict[int, tuple[int, int]] = {}
    for name in wanted:
        places = np.flatnonzero((item == name) & (together > 0))
        if len(places):
            at = places[np.argmax(score[places])]
            best[name] = (int(anchor[at]), round(float(together[at])))
    return [replace(p, because=best[p.item][0], together=best[p.item][1]) if p.item in best else p for p in picks]


def _by_turns(
    snapshot: Snapshot, history: History, n: int, settings: PicksSettings, purchased: Purchased | None
) -> CustomerPicks:
    """Due consumables and what goes with the last purchases by turns, due first, then bestsellers."""
    facts, variants = snapshot.facts, snapshot.variants
    today = day_of(snapshot.shop.data_until)
    bought = frozenset(facts.family[history.item].tolist())
    due = [] if purchased == "exclude" else due_items(history, facts, today, settings.due_after_days)
    anchors: list[int] = history.item[: settings.history].tolist()
    rows = snapshot.vectors([CROSS_SELL], anchors).get(CROSS_SELL, [])
    complements = Shelf(Gate(snapshot.tags, variants, barred=bought), n, settings.stem_cap)
    votes = merge(rows, purchase_weights(history, today, settings)[: len(rows)], range(len(rows)))
    complements.put_smoothed(votes, [-1] * len(anchors), unproven=False)

    barred = frozenset[int]() if purchased == "include" else bought - {facts.family.item(d.item) for d in due}
    shelf = Shelf(Gate(snapshot.tags, variants, barred=barred), n, settings.stem_cap)
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
