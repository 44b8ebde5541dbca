"""A catalogue file to arrays: what the shop says of its items."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.money import PRICE_SCALE, PRICE_UNKNOWN
from models.strings import StringTable
from training.readers.columns import CATALOGUE_FIELDS, catalogue_columns
from training.readers.errors import InputError
from training.readers.files import open_source
from training.readers.numbers import MISSING_WORDS, currency_of, parse_numbers
from training.readers.options import ReadOptions
from training.readers.orders import read_raw
from training.readers.raw import MALFORMED, Raw
from training.records import Catalogue, CatalogueReport, Orders

NO_ITEM, BAD_ID, REPEATED, DIFFERENT = "no item id", "bad id", "repeated line", "item listed again, differently"
_MAX_TEXT = 2000
_YES = ("yes", "y", "true", "t", "1")
_NO = ("no", "n", "false", "f", "0")
_IN_STOCK = (*_YES, "in stock", "instock", "available", "preorder", "pre order", "backorder", "back order")
_OUT_OF_STOCK = (*_NO, "out of stock", "outofstock", "sold out", "soldout", "unavailable", "discontinued")


def read_catalogue(path: Path, options: ReadOptions) -> tuple[Catalogue, CatalogueReport]:
    """Read a catalogue: CSV, TSV, NDJSON or Parquet, plain or .gz or .zst; only the item id is required.

    Of an item's lines that differ, the one with most cells stays, the smallest by its cells among equals, so that the
    order of lines does not matter. A cell that cannot be understood means "not said" and is counted; a price that is
    not above zero is unknown too.

    Raises:
        InputError: the file cannot be used, over `options.max_unparsed` of its lines cannot be split, prices are in two
            currencies, or no item is left.
    """
    raw = read_raw(open_source(path), catalogue_columns(options.columns))
    frame = raw.frame.with_columns(_reason().alias("reason"))
    unparsed = _counts(frame.filter(pl.col(MALFORMED).is_not_null() | (pl.col("reason") == BAD_ID)))
    _refuse(raw.file, frame, unparsed, options)
    dropped = _counts(frame.filter(pl.col("reason") == NO_ITEM))
    lines, repeats = _one_line_each(frame.filter(pl.col("reason").is_null()))
    if lines.is_empty():
        raise InputError(f"{raw.file}: no line names an item. Check --columns item_id=<column>.")
    unread = Counter[str]()
    catalogue = _catalogue(lines, raw, unread)
    return catalogue, CatalogueReport(
        file=raw.file,
        lines=frame.height,
        kept=lines.height,
        dropped=dropped | repeats,
        unparsed=unparsed,
        unread_cells=dict(sorted(unread.items())),
        columns=dict(raw.columns),
        notes=raw.notes,
    )


def missing_items(catalogue: Catalogue, orders: Orders) -> NDArray[np.int32]:
    """Indices into `orders.items` of the items bought that the catalogue does not list."""
    listed = set(catalogue.ids)
    return np.array([i for i, item in enumerate(orders.items) if item not in listed], dtype=np.int32)


def _reason() -> pl.Expr:
    item = pl.col("item_id")
    bad = item.str.contains(r"[\x00-\x1f\x7f]") | (item.str.len_bytes() > 256)
    empty = pl.when(item.is_null()).then(pl.lit(NO_ITEM))
    return pl.coalesce(MALFORMED, empty, pl.when(bad).then(pl.lit(BAD_ID)))


def _counts(frame: pl.DataFrame) -> dict[str, int]:
    return dict(sorted(frame["reason"].value_counts().iter_rows()))


def _refuse(file: str, frame: pl.DataFrame, unparsed: dict[str, int], options: ReadOptions) -> None:
    if frame.is_empty():
        raise InputError(f"{file}: there is a header but no line below it. Export it again, or leave it out.")
    count = sum(unparsed.values())
    if count > options.max_unparsed * frame.height:
        bad = frame.filter(pl.col("reason").is_in(list(unparsed))).select("line", "reason").head(3)
        raise InputError(
            f"{file}: {count} of {frame.height} lines ({count / frame.height:.1%}) cannot be read, more than "
            f"{options.max_unparsed:.0%}. " + "; ".join(f"line {line}: {why}" for line, why in bad.iter_rows()) + "."
        )


def _one_line_each(frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """One line per item, sorted by id, and how many lines that cost, by reason."""
    cells = frame.select(*CATALOGUE_FIELDS)
    if cells["item_id"].str.contains(r"^\d+\.0$").all():
        cells = cells.with_columns(pl.col("item_id").str.strip_suffix(".0"))
    distinct = cells.unique()
    said = pl.sum_horizontal(pl.col(c).is_not_null().cast(pl.Int32) for c in CATALOGUE_FIELDS).alias("said")
    others = [c for c in CATALOGUE_FIELDS if c != "item_id"]
    order = ["item_id", "said", *others]
    lines = distinct.with_columns(said).sort(order, descending=[False, True, *(False for _ in others)])
    lines = lines.unique("item_id", keep="first", maintain_order=True)
    lost = {REPEATED: cells.height - distinct.height, DIFFERENT: distinct.height - lines.height}
    return lines, {reason: n for reason, n in lost.items() if n}


def _catalogue(lines: pl.DataFrame, raw: Raw, unread: Counter[str]) -> Catalogue:
    def table(name: str) -> StringTable:
        return StringTable.of((text or "")[:_MAX_TEXT] for text in lines[name])

    tidy = lines["category"].str.replace_all(r"\s*>\s*", " > ")
    return Catalogue(
        ids=StringTable.of(lines["item_id"]),
        title=table("title"),
        brand=table("brand"),
        category=StringTable.of((text or "")[:_MAX_TEXT] for text in tidy),
        family=table("family"),
        link=table("link"),
        image_link=table("image_link"),
        price=_money(lines["price"], unread),
        cost=_money(lines["cost"], unread),
        consumable=_words(lines["consumable"], _YES, _NO, unread),
        in_stock=(_stock(lines["in_stock"], unread) != 0).astype(np.uint8),
        currency=_currency(lines, raw),
    )


def _money(column: pl.Series, unread: Counter[str]) -> NDArray[np.int64]:
    """Ten-thousandths, `PRICE_UNKNOWN` where nothing above zero is said."""
    values = parse_numbers(column).to_numpy()
    scaled = np.round(np.nan_to_num(values, nan=0.0) * PRICE_SCALE).astype(np.int64)
    said = (column.is_not_null() & ~column.str.to_lowercase().is_in(MISSING_WORDS)).fill_null(value=False).to_numpy()
    _count(column.name, int((said & (scaled <= 0)).sum()), unread)
    return np.where(scaled > 0, scaled, PRICE_UNKNOWN)


def _words(column: pl.Series, yes: tuple[str, ...], no: tuple[str, ...], unread: Counter[str]) -> NDArray[np.int8]:
    """1 for a word that means yes, 0 for no, -1 for neither."""
    words = column.str.to_lowercase().str.replace_all("_", " ").str.replace(r"^https?://schema.org/", "")
    answer = pl.when(words.is_in(yes)).then(1).when(words.is_in(no)).then(0).otherwise(-1)
    said = pl.select(answer.cast(pl.Int8)).to_series()
    _count(column.name, int((column.is_not_null() & (said < 0)).sum()), unread)
    return said.to_numpy()


def _stock(column: pl.Series, unread: Counter[str]) -> NDArray[np.int8]:
    """1 to be had, 0 not, -1 not said; a number is how many are left."""
    numbers = column.cast(pl.Float64, strict=False).fill_nan(None)
    as_words = pl.when(numbers.is_null()).then(column).when(numbers > 0).then(pl.lit("yes")).otherwise(pl.lit("no"))
    return _words(pl.select(as_words.alias("in_stock")).to_series(), _IN_STOCK, _OUT_OF_STOCK, unread)


def _count(name: str, cells: int, unread: Counter[str]) -> None:
    if cells:
        unread[name] += cells


def _currency(lines: pl.DataFrame, raw: Raw) -> str | None:
    """The one currency of the column `currency` and of codes beside prices."""
    beside = {code for cell in lines["price"].drop_nulls().unique() if (code := currency_of(cell))}
    named = {text.upper() for text in lines["currency"].drop_nulls().unique()}
    codes = sorted(beside | named)
    if len(codes) > 1:
        raise InputError(
            f"{raw.file}: prices are in {', '.join(codes[:5])}. Give the prices of one currency; where the column "
            "`currency` is not about prices, add --columns currency=."
        )
    return codes[0] if codes else None
