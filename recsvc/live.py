"""A version as one customer's question must see it: what they bought since, gave back, gave away, or had erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from models.customers import PURCHASE_DTYPES
from recsvc.state.records import CustomerState, Event
from recsvc.store.contract import History, NextRow, Snapshot, Trait

DAY = 86_400
_NEW: dict[str, float] = {"count": 1, "habit": 1.0, "quantity": 1.0}
"""What a first purchase says of an item, by column; other columns begin at 0."""


def live_snapshot(snapshot: Snapshot, customer_id: str, held: CustomerState, data_until: int | None) -> Snapshot:
    """The version with one customer's history brought up to date; itself where nothing happened.

    Args:
        snapshot: the version.
        customer_id: whose question it is.
        held: what the state holds of them.
        data_until: second of the version's last order: what happened before is in it. None: it carries no times.
    """
    if held == CustomerState():
        return snapshot
    return cast("Snapshot", _LiveSnapshot(snapshot, customer_id, held, data_until))


class _LiveSnapshot:
    """Everything of the version, but for one customer's rows."""

    def __init__(self, snapshot: Snapshot, customer_id: str, held: CustomerState, data_until: int | None) -> None:
        self._snapshot = snapshot
        self._customer_id = customer_id
        self._held = held
        self._data_until = data_until
        self._changed: History | None = None
        self._looked = False
        self._gift_was_used = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the version has
        return getattr(self._snapshot, name)

    def customer(self, customer_id: str) -> History | None:
        """What a customer bought, this one's up to now."""
        if customer_id != self._customer_id:
            return self._snapshot.customer(customer_id)
        if not self._looked:
            self._changed, self._looked = self._up_to_date(), True
        return self._changed

    def trait(self, customer_id: str) -> Trait | None:
        """What a customer is as a whole; None where the version's own row must not speak."""
        if customer_id == self._customer_id and self._forgotten:
            return None
        return self._snapshot.trait(customer_id)

    def next_items(self, customer_id: str) -> NextRow | None:
        """What a customer may want next; nothing that an erased purchase or a gift still speaks for."""
        if customer_id == self._customer_id:
            self.customer(customer_id)
            if self._forgotten or self._gift_was_used:
                return None
        return self._snapshot.next_items(customer_id)

    @property
    def _forgotten(self) -> bool:
        """Whether the version's own row must not speak: consent was refused, or the customer erased."""
        standing = self._held.standing
        return standing.consent not in (None, "full") or standing.erased_at is not None

    def _up_to_date(self) -> History | None:
        history = None if self._forgotten else self._snapshot.customer(self._customer_id)
        if history is not None and self._held.unused:
            history = self._without_gifts(history)
        if self._held.standing.consent not in (None, "full"):
            return history
        for event in self._held.events:
            if self._held.standing.remembers(event.at) and (self._data_until is None or event.at > self._data_until):
                if event.type == "purchase":
                    history = self._bought(history, event)
                elif event.type == "return" and history is not None:
                    history = self._less(history, self._known(event))
        return history

    def _without_gifts(self, history: History) -> History:
        items = self._snapshot.find(sorted({item for item, _ in self._held.unused}))
        wholly = self._snapshot.find(sorted({item for item, order in self._held.unused if not order}))
        self._gift_was_used = bool(np.isin(history.item, items).any())
        history = _kept(history, ~np.isin(history.item, wholly))
        return self._less(history, [item for item in items if item not in wholly])

    def _bought(self, history: History | None, event: Event) -> History | None:
        unused = self._held.unused
        lines = {
            line.item_id
            for line in event.items
            if (line.item_id, "") not in unused and (line.item_id, event.order_id or "") not in unused
        }
        items = [item for item in self._snapshot.find(sorted(lines)) if item >= 0]
        if not items:
            return history
        return _with(history, items, event.at // DAY)

    def _less(self, history: History, items: Sequence[int]) -> History:
        """One basket less with each of `items`; none left: it was not bought."""
        fewer = history.count - np.isin(history.item, items).astype(np.uint32)
        changed = History(**{**_columns(history), "count": fewer}, traits=history.traits)
        return _kept(changed, fewer > 0)

    def _known(self, event: Event) -> list[int]:
        lines = {line.item_id for line in event.items}
        if not lines:  # the whole order came back
            orders = [e for e in self._held.events if e.type == "purchase" and e.order_id == event.order_id]
            lines = {line.item_id for order in orders for line in order.items}
        return [item for item in self._snapshot.find(sorted(lines)) if item >= 0]


def _columns(history: History) -> dict[str, NDArray[Any]]:
    return {f.name: getattr(history, f.name) for f in fields(history) if f.name != "traits"}


def _kept(history: History, mask: NDArray[np.bool_]) -> History:
    return History(**{name: column[mask] for name, column in _columns(history).items()}, traits=history.traits)


def _with(history: History | None, items: Sequence[int], day: int) -> History:
    """A basket more, of today: its items stand first, item up."""
    if history is None:
        history = History.of([np.empty(0, kind) for kind in PURCHASE_DTYPES.values()], Trait(0, False, None, None))
    old = _columns(history)
    places = {item: place for place, item in enumerate(history.item.tolist())}
    first = {name: [] for name in old}  # type: dict[str, list[float]]
    for item in sorted(set(items)):
        place = places.get(item)
        for name, column in old.items():
            value = _NEW.get(name, 0) if place is None else column.item(place)
            if name == "item":
                value = item
            elif name == "last_day" or (name == "first_day" and place is None):
                value = day
            elif name == "count" and place is not None:
                value += 1
            elif name == "habit" and place is not None:
                value += 1.0
            first[name].append(value)
    rest = ~np.isin(history.item, items)
    columns = {n: np.concatenate([np.array(first[n], c.dtype), c[rest]]) for n, c in old.items()}
    return History(**columns, traits=history.traits._replace(orders=history.traits.orders + 1))
