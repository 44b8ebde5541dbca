"""The shapes of a file of picks: a table, JSON lines, profile properties for Klaviyo, request bodies for Braze.

No cell of a table can be a formula to a spreadsheet (OWASP, CSV injection): a text that could be one gets an apostrophe
before it, an id is never changed, so a customer or item whose id could be one is left out of tables and counted.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any, Literal, Protocol, get_args

import msgspec

from models.days import date_of
from recsvc.contact.decide import SendReason
from recsvc.web import render
from recsvc.web.messages import Item

Layout = Literal["csv", "jsonl", "klaviyo", "braze"]
LAYOUTS: tuple[str, ...] = get_args(Layout)
TELLING = frozenset({"klaviyo", "braze"})
"""Layouts that say of every customer whether to send; the others hold those alone to whom something may be sent."""

BRAZE_BATCH = 75
"""Attribute objects that one request to Braze's `/users/track` takes (Braze, "User track")."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Told:
    """What the file says of one customer.

    Attributes:
        customer_id: whose.
        source: `personal` or `popular`.
        items: in order, none where nothing is to be sent.
        reason: why nothing is to be sent, None where something is.
        next_day: from when it is worth asking again (days since 1970), None where no day is known.
    """

    customer_id: str
    source: str
    items: Sequence[Item]
    reason: SendReason | None
    next_day: int | None

    @property
    def again(self) -> str | None:
        """ISO 8601 time of `next_day`."""
        return None if self.next_day is None else f"{date_of(self.next_day)}T00:00:00Z"


class Writer(Protocol):
    """Writes customers into a file, in their order."""

    def write(self, told: Told) -> None:
        """One customer."""

    def close(self) -> None:
        """What is left to write; the file stays open."""


def open_layout(layout: str, file: IO[str], n: int) -> Writer:
    """The writer of a layout; `n`: most items of a customer."""
    makers: dict[str, Callable[[], Writer]] = {
        "csv": lambda: _Table(file, n),
        "jsonl": lambda: _Lines(file),
        "klaviyo": lambda: _Klaviyo(file, n),
        "braze": lambda: _Braze(file),
    }
    return makers[layout]()


def is_table(layout: str) -> bool:
    """Whether spreadsheets open it."""
    return layout in {"csv", "klaviyo"}


def unsafe(item_or_customer_id: str) -> bool:
    """Whether an id is a formula to a spreadsheet."""
    return item_or_customer_id.startswith(_FORMULA)


class _Table:
    """A row per customer, its items side by side."""

    def __init__(self, file: IO[str], n: int, first: Sequence[str] = ("customer_id", "source", "count")) -> None:
        self._table = csv.writer(file, lineterminator="\n")
        self._flat = [f"item_{at}_{name}" for at in range(1, n + 1) for name in render.FLAT]
        self._table.writerow([*first, *self._flat])

    def write(self, told: Told) -> None:
        self._row(told, [told.customer_id, told.source, len(told.items)])

    def close(self) -> None:
        pass

    def _row(self, told: Told, first: Sequence[object]) -> None:
        flat = render.flat_doubles(told.items)
        self._table.writerow([*first, *(safe(flat.get(column, "")) for column in self._flat)])


class _Klaviyo(_Table):
    """A profile per row: `External ID` names it, every other column becomes a property.

    An empty cell may leave a property as an earlier import had it, so `send` is what templates and segments must ask:
    `yes` or `no` in every row, text that no import takes for a number or a boolean.
    """

    _FIRST = ("External ID", "send", "send_reason", "next_eligible_at", "source", "count")

    def __init__(self, file: IO[str], n: int) -> None:
        super().__init__(file, n, self._FIRST)

    def write(self, told: Told) -> None:
        send = "no" if told.reason else "yes"
        self._row(told, [told.customer_id, send, told.reason or "", told.again or "", told.source, len(told.items)])


class _Lines:
    """A JSON object per customer."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, told: Told) -> None:
        items = [msgspec.to_builtins(item) for item in told.items]
        self._line({"customer_id": told.customer_id, "source": told.source, "count": len(told.items), "items": items})

    def close(self) -> None:
        pass

    def _line(self, document: object) -> None:
        self._file.write(json.dumps(document, ensure_ascii=False) + "\n")


class _Braze(_Lines):
    """A line per request: the body of `POST /users/track`, up to 75 users in each.

    `external_id` names the user; `recs_items` is an array of objects. A null takes an attribute away, so nothing of an
    earlier file stays (Braze, "User attributes object").
    """

    def __init__(self, file: IO[str]) -> None:
        super().__init__(file)
        self._waiting: list[dict[str, Any]] = []

    def write(self, told: Told) -> None:
        flat = render.flat_doubles(told.items)
        items = [{name: flat[f"item_{at}_{name}"] for name in render.FLAT} for at in range(1, len(told.items) + 1)]
        self._waiting.append(
            {
                "external_id": told.customer_id,
                "recs_send": told.reason is None,
                "recs_send_reason": told.reason,
                "recs_next_eligible_at": told.again,
                "recs_source": told.source,
                "recs_items": items or None,
            }
        )
        if len(self._waiting) == BRAZE_BATCH:
            self.close()

    def close(self) -> None:
        if self._waiting:
            self._line({"attributes": self._waiting})
            self._waiting = []


def safe(cell: str) -> str:
    """The cell, never a formula."""
    return f"'{cell}" if unsafe(cell) else cell
