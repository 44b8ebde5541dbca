"""What the readers hand to the trainer: orders and catalogue, names already numbered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.strings import StringTable


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """Cleaned orders as compressed rows: row `o` is one basket, its distinct items rising.

    Orders stand by (time, order id); without times, in the order of their first line in the files.

    Attributes:
        items: ids of all items bought, sorted by bytes.
        titles: n_items texts seen on order lines (per item the one in most orders), empty where none.
        customers: customer ids, sorted by bytes.
        time: int64 (n_orders,), seconds since 1970-01-01 UTC, rising; all -1 where orders carry no time.
        customer: int32 (n_orders,), index into `customers`, -1 for a guest.
        indptr: int64 (n_orders + 1,).
        item: int32 (nnz,), index into `items`.
        quantity: float32 (nnz,), summed over the order's lines of the item, > 0.
        price: int64 (nnz,), unit price in ten-thousandths (the latest line's), `PRICE_UNKNOWN` where none.
        currency: ISO 4217 code of the prices, None where the orders name none.
    """

    items: StringTable
    titles: StringTable
    customers: StringTable
    time: NDArray[np.int64]
    customer: NDArray[np.int32]
    indptr: NDArray[np.int64]
    item: NDArray[np.int32]
    quantity: NDArray[np.float32]
    price: NDArray[np.int64]
    currency: str | None = None

    @property
    def n_orders(self) -> int:
        """Number of baskets."""
        return len(self.time)

    @property
    def timed(self) -> bool:
        """Whether orders carry times."""
        return self.n_orders > 0 and int(self.time[0]) >= 0


LINK_KINDS = ("cross_sell", "upsell", "never")
"""What the merchant's own links say: goes along, trades up, must never stand beside."""


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """The merchant's own links between items, by source, kind and position; one per (source, kind, target).

    Attributes:
        source: n_links ids of the items that point, sorted by bytes.
        target: n_links ids of the items pointed at; the catalogue need not list them, and none is its own source.
        kind: int8 (n_links,), index into `LINK_KINDS`.
        position: int32 (n_links,), place within the source's links of the kind, from 0: the merchant's order.
    """

    source: StringTable
    target: StringTable
    kind: NDArray[np.int8]
    position: NDArray[np.int32]

    def __post_init__(self) -> None:
        if not len(self.source) == len(self.target) == len(self.kind) == len(self.position):
            raise ValueError("a link has a source, a target, a kind and a position")

    def __len__(self) -> int:
        return len(self.kind)


def no_links() -> Links:
    """What a catalogue has that links nothing."""
    none = StringTable.of(())
    return Links(none, none, np.empty(0, dtype=np.int8), np.empty(0, dtype=np.int32))


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """What the shop says of its items; empty strings and -1 mean that it did not say.

    Attributes:
        ids: item ids, sorted by bytes.
        title, brand, category, family, link, image_link: one text per item; `category` is the finest
            level, with a path written as `A > B > C`.
        price: int64, ten-thousandths of the currency's unit, or `PRICE_UNKNOWN`.
        cost: int64, likewise.
        consumable: int8, 1 yes, 0 no, -1 not said.
        in_stock: uint8, 0 only where the catalogue says that it cannot be bought.
        currency: ISO 4217 code, or None.
        links: the merchant's own.
    """

    ids: StringTable
    title: StringTable
    brand: StringTable
    category: StringTable
    family: StringTable
    link: StringTable
    image_link: StringTable
    price: NDArray[np.int64]
    cost: NDArray[np.int64]
    consumable: NDArray[np.int8]
    in_stock: NDArray[np.uint8]
    currency: str | None
    links: Links = field(default_factory=no_links)


@dataclass(frozen=True, slots=True)
class ReadReport:
    """Every line of the order files is kept or counted under one reason: the numbers add up.

    Attributes:
        files: what was read, in order.
        lines: data lines read (headers not counted).
        kept: lines that became part of a basket.
        dropped: reason → lines, for parsed lines that are no purchase (cancelled, fee, repeated …).
        unparsed: reason → lines, for lines that could not be read; over 5 % refuses the file.
        rejects: where the dropped lines are listed, or None.
        columns: file → our column → the file's column.
        notes: what had to be guessed or repaired, in sentences' length.
        formats: file → the format it was recognised as, and how surely.
    """

    files: tuple[str, ...]
    lines: int
    kept: int
    dropped: Mapping[str, int]
    unparsed: Mapping[str, int]
    rejects: str | None
    columns: Mapping[str, Mapping[str, str]]
    notes: tuple[str, ...]
    formats: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.lines != self.kept + sum(self.dropped.values()) + sum(self.unparsed.values()):
            raise ValueError(f"{self.lines} lines read, but kept and dropped do not add up to them")


@dataclass(frozen=True, slots=True)
class CatalogueReport:
    """Every line of a catalogue file is kept or counted under one reason: the numbers add up.

    Attributes:
        file: what was read.
        lines: data lines read.
        kept: items.
        dropped: reason → lines without an id, or that list an item again.
        unparsed: reason → lines that could not be read.
        unread_cells: our column → cells that could not be understood and count as not said.
        columns: our column → the file's column.
        notes: what had to be guessed or repaired.
        format: the format it was recognised as, and how surely.
    """

    file: str
    lines: int
    kept: int
    dropped: Mapping[str, int]
    unparsed: Mapping[str, int]
    unread_cells: Mapping[str, int]
    columns: Mapping[str, str]
    notes: tuple[str, ...]
    format: str = ""

    def __post_init__(self) -> None:
        if self.lines != self.kept + sum(self.dropped.values()) + sum(self.unparsed.values()):
            raise ValueError(f"{self.lines} lines read, but kept and dropped do not add up to them")
