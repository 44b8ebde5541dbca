"""The shapes of a file of picks that any tool reads: a table, JSON lines; and what every shape shares.

No cell of a table can be a formula to a spreadsheet (OWASP, CSV injection): a text that could be one gets an apostrophe
before it, an id is never changed, so a customer or item whose id could be one is left out of tables and counted.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Protocol

import msgspec

from models.days import date_of
from recsvc.contact.decide import SendReason
from recsvc.web import render
from recsvc.web.messages import Item

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


def unsafe(item_or_customer_id: str) -> bool:
    """Whether an id is a formula to a spreadsheet."""
    return item_or_customer_id.startswith(_FORMULA)


def safe(cell: str) -> str:
    """The cell, never a formula."""
    return f"'{cell}" if unsafe(cell) else cell


class Table:
    """A row per customer, its items side by side.

    Args:
        file: where to.
        n: most items of a customer.
        first: the columns before the items'.
        apart: between cells.
        name: of an item's column, from `item_1_id`.
    """

    def __init__(
        self,
        file: IO[str],
        n: int,
        first: Sequence[str] = ("customer_id", "source", "count"),
        apart: str = ",",
        name: Callable[[str], str] = str,
    ) -> None:
        self._table = csv.writer(file, delimiter=apart, lineterminator="\n")
        self._flat = [f"item_{at}_{part}" for at in range(1, n + 1) for part in render.FLAT]
        self._table.writerow([*first, *map(name, self._flat)])

    def write(self, told: Told) -> None:
        """One row."""
        self.row(told, [told.customer_id, told.source, len(told.items)])

    def close(self) -> None:
        """Nothing waits."""

    def row(self, told: Told, first: Sequence[object]) -> None:
        """One row that begins with `first`."""
        flat = render.flat_doubles(told.items)
        self._table.writerow([*first, *(safe(flat.get(column, "")) for column in self._flat)])


class Lines:
    """A JSON object per customer."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, told: Told) -> None:
        """One line."""
        items = [msgspec.to_builtins(item) for item in told.items]
        self.line({"customer_id": told.customer_id, "source": told.source, "count": len(told.items), "items": items})

    def close(self) -> None:
        """Nothing waits."""

    def line(self, document: object) -> None:
        """One object."""
        self._file.write(json.dumps(document, ensure_ascii=False) + "\n")
