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

from models.customers import NEXT_DTYPES, PURCHASE_DTYPES, TRAIT_DTYPES, Customers, Next, Purchases, Traits
from models.model import Model
from models.records import ItemFacts, Lists, Shop
from models.stored import StoredVectors
from models.strings import StringTable

CARDS = "cards"
PURCHASES = "purchases"
NEXT = "next"
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
PURCHASES_ROW = _layout(*(np.dtype(dtype).str for dtype in PURCHASE_DTYPES.values()))
"""item, count, last_day, first_day, habit, interval_days, quantity: 22 bytes."""
NEXT_ROW = _layout(*(np.dtype(dtype).str for dtype in NEXT_DTYPES.values()))
"""item, score, why: 7 bytes."""
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
    """The row tables of a model by name: `vectors.<kind>`, `cards`, `purchases`, `next`."""
    tables = {
        f"{_VECTORS}{kind}": RowTable(VECTOR_ROW, held.indptr, (held.item, held.score, held.together))
        for kind, held in sorted(model.vectors.items())
    }
    tables[CARDS] = RowTable(CARD_ROW, model.cards.offsets, (model.cards.data,))
    bought, ahead = model.customers.purchases, model.customers.next
    tables[PURCHASES] = RowTable(PURCHASES_ROW, bought.indptr, tuple(getattr(bought, name) for name in PURCHASE_DTYPES))
    tables[NEXT] = RowTable(NEXT_ROW, ahead.indptr, tuple(getattr(ahead, name) for name in NEXT_DTYPES))
    return tables


def layout_of(table: str) -> Layout:
    """How the rows of a table of that name are cut."""
    return {CARDS: CARD_ROW, PURCHASES: PURCHASES_ROW, NEXT: NEXT_ROW}.get(table, VECTOR_ROW)


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
    held.update({f"customers.{name}": getattr(model.customers.traits, name) for name in TRAIT_DTYPES})
    return held


def dtype_of(block: str) -> type[np.generic]:
    """The type of a block's array; a KeyError for one that does not exist."""
    part, _, column = block.partition(".")
    if part == "facts":
        return ItemFacts.dtype_of(column)
    if part == "customers":
        return TRAIT_DTYPES[column]
    return _BLOCK_DTYPES[column]


_BLOCK_DTYPES: dict[str, type[np.generic]] = {
    "offsets": np.int64,
    "data": np.uint8,
    "indptr": np.int64,
    "item": np.int32,
}


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What a reader of rows holds as a whole.

    Attributes:
        items, facts, categories, bestsellers, variants, shop, settings: as in `Model`.
        customer_ids: ids, sorted by bytes; a customer's place is the number of its row.
        traits: of each customer, as in `Customers`.
        kinds: the vector kinds.
    """

    items: StringTable
    facts: ItemFacts
    categories: StringTable
    customer_ids: StringTable
    traits: Traits
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
        facts=ItemFacts.of(part("facts")),
        categories=StringTable(**part("categories")),
        customer_ids=StringTable(**part("customer_ids")),
        traits=Traits(**part("customers")),
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
    (bought_at, bought), (next_at, ahead) = decoded[PURCHASES], decoded[NEXT]
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
        customers=Customers(frame.customer_ids, frame.traits, Purchases(bought_at, *bought), Next(next_at, *ahead)),
        shop=frame.shop,
        settings=frame.settings,
    )
