"""A model as rows and blocks, for stores that hold values by key.

Row tables are what a request looks up row by row (vectors, cards, histories); blocks are the arrays that a reader holds
as a whole (ids, facts, lists). A row is its columns one after the other, so its number of entries is its length divided
by the columns' item sizes together. `assemble` turns rows and blocks back into the very same model.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.model import Model
from models.records import Customers, ItemFacts, Lists, Shop
from models.stored import StoredVectors
from models.strings import StringTable

CARDS = "cards"
CUSTOMERS = "customers"
_VECTORS = "vectors."


@dataclass(frozen=True, slots=True)
class Layout:
    """How a row's bytes are cut: one column after the other.

    Attributes:
        dtypes: of the columns, little-endian.
    """

    dtypes: tuple[np.dtype[Any], ...]

    def decode(self, row: bytes) -> list[NDArray[Any]]:
        """The columns of one row: views of its bytes.

        Raises:
            ValueError: the bytes are no whole number of entries.
        """
        entries, rest = divmod(len(row), sum(dtype.itemsize for dtype in self.dtypes))
        if rest:
            raise ValueError(f"a row of {len(row)} bytes is cut off")
        columns, start = [], 0
        for dtype in self.dtypes:
            columns.append(np.frombuffer(row, dtype, entries, start))
            start += entries * dtype.itemsize
        return columns

    def decode_all(self, rows: Iterable[bytes]) -> tuple[NDArray[np.int64], list[NDArray[Any]]]:
        """Row pointers and columns of many rows.

        Raises:
            ValueError: a row is no whole number of entries.
        """
        held = list(rows)
        size = sum(dtype.itemsize for dtype in self.dtypes)
        lengths = [len(row) // size for row in held]
        if any(length * size != len(row) for row, length in zip(held, lengths, strict=True)):
            raise ValueError("a row is cut off")
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        columns, at = [], 0
        for dtype in self.dtypes:
            end = at + dtype.itemsize
            parts = (row[at * length : end * length] for row, length in zip(held, lengths, strict=True))
            columns.append(np.frombuffer(b"".join(parts), dtype))
            at = end
        return indptr, columns


def _layout(*names: str) -> Layout:
    return Layout(tuple(np.dtype(name) for name in names))


VECTOR_ROW = _layout("<i4", "<f2", "<u2")
"""item, score, together."""
HISTORY_ROW = _layout("<i4", "<u4", "<i4", "<i4")
"""item, count, last_day, first_day."""
CARD_ROW = _layout("|u1")
"""JSON."""


@dataclass(frozen=True, slots=True, eq=False)
class RowTable:
    """Rows of one kind.

    Attributes:
        layout: how each is cut.
        indptr: int64 (n_rows + 1,).
        columns: in the layout's order.
    """

    layout: Layout
    indptr: NDArray[np.int64]
    columns: tuple[NDArray[Any], ...]

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def nbytes(self) -> int:
        """Bytes of all rows together."""
        return sum(column.nbytes for column in self.columns)

    def rows(self, start: int, stop: int) -> Iterator[bytes]:
        """Rows `start` to `stop`, encoded: the columns of each one after the other; empty for no entries."""
        bounds = self.indptr[start : stop + 1].tolist()
        first, last = (bounds[0], bounds[-1]) if bounds else (0, 0)
        flat = [
            (column[first:last].astype(dtype, copy=False).tobytes(), dtype.itemsize)
            for column, dtype in zip(self.columns, self.layout.dtypes, strict=True)
        ]
        for low, high in itertools.pairwise(bounds):
            yield b"".join(data[(low - first) * width : (high - first) * width] for data, width in flat)

    def row(self, index: int) -> bytes:
        """Row `index`, encoded."""
        return next(self.rows(index, index + 1))


def row_tables(model: Model) -> dict[str, RowTable]:
    """The row tables of a model by name: `vectors.<kind>`, `cards`, `customers`."""
    tables = {
        f"{_VECTORS}{kind}": RowTable(VECTOR_ROW, held.indptr, (held.item, held.score, held.together))
        for kind, held in sorted(model.vectors.items())
    }
    tables[CARDS] = RowTable(CARD_ROW, model.cards.offsets, (model.cards.data,))
    held = model.customers
    tables[CUSTOMERS] = RowTable(HISTORY_ROW, held.indptr, (held.item, held.count, held.last_day, held.first_day))
    return tables


def layout_of(table: str) -> Layout:
    """How the rows of a table of that name are cut."""
    return {CARDS: CARD_ROW, CUSTOMERS: HISTORY_ROW}.get(table, VECTOR_ROW)


def vectors_of(kind: str) -> str:
    """Name of the row table that holds the vectors of a kind."""
    return f"{_VECTORS}{kind}"


def blocks(model: Model) -> dict[str, NDArray[Any]]:
    """The arrays that a reader holds as a whole, by name."""
    held: dict[str, NDArray[Any]] = {
        "items.offsets": model.items.offsets,
        "items.data": model.items.data,
        "categories.offsets": model.categories.offsets,
        "categories.data": model.categories.data,
        "customer_ids.offsets": model.customers.ids.offsets,
        "customer_ids.data": model.customers.ids.data,
        "bestsellers.indptr": model.bestsellers.indptr,
        "bestsellers.item": model.bestsellers.item,
        "variants.indptr": model.variants.indptr,
        "variants.item": model.variants.item,
    }
    held.update({f"facts.{name}": getattr(model.facts, name) for name in ItemFacts.__slots__})
    return held


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What a reader of rows holds as a whole.

    Attributes:
        items, facts, categories, bestsellers, variants, shop, settings: as in `Model`.
        customer_ids: ids, sorted by bytes; a customer's place is the number of its row.
        kinds: the vector kinds.
    """

    items: StringTable
    facts: ItemFacts
    categories: StringTable
    customer_ids: StringTable
    bestsellers: Lists
    variants: Lists
    kinds: tuple[str, ...]
    shop: Shop
    settings: Mapping[str, object]


def frame_of(held: Mapping[str, NDArray[Any]], manifest: Mapping[str, Any]) -> Frame:
    """The frame of a model from its blocks and its manifest."""

    def part(name: str) -> dict[str, NDArray[Any]]:
        prefix = f"{name}."
        return {key.removeprefix(prefix): value for key, value in held.items() if key.startswith(prefix)}

    return Frame(
        items=StringTable(**part("items")),
        facts=ItemFacts(**part("facts")),
        categories=StringTable(**part("categories")),
        customer_ids=StringTable(**part("customer_ids")),
        bestsellers=Lists(**part("bestsellers")),
        variants=Lists(**part("variants")),
        kinds=tuple(manifest["kinds"]),
        shop=Shop(**manifest["shop"]),
        settings=manifest["settings"],
    )


def assemble(frame: Frame, rows: Mapping[str, Iterable[bytes]]) -> Model:
    """The model whose frame and rows these are.

    Args:
        frame: what is held as a whole.
        rows: row table's name → all its rows in order, empty ones included.
    """
    decoded = {name: layout_of(name).decode_all(table) for name, table in rows.items()}
    indptr, history = decoded[CUSTOMERS]
    return Model(
        items=frame.items,
        facts=frame.facts,
        cards=StringTable(decoded[CARDS][0], decoded[CARDS][1][0]),
        categories=frame.categories,
        vectors={
            kind: StoredVectors(decoded[vectors_of(kind)][0], *decoded[vectors_of(kind)][1]) for kind in frame.kinds
        },
        bestsellers=frame.bestsellers,
        variants=frame.variants,
        customers=Customers(frame.customer_ids, indptr, *history),
        shop=frame.shop,
        settings=frame.settings,
    )
