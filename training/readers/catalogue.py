"""A catalogue file to arrays: what the shop says of its items."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.money import PRICE_SCALE, PRICE_UNKNOWN
from models.strings import StringTable
from training.readers.catalogue_reasons import BAD_ID, DIFFERENT, DROPPED, NO_ITEM, REPEATED
from training.readers.currencies import currencies, the_currency
from training.readers.errors import InputError
from training.readers.files import open_sources
from training.readers.formats.recognise import recognise
from training.readers.links import number_links
from training.readers.names import CATALOGUE_FIELDS
from training.readers.numbers import MISSING_WORDS, parse_numbers
from training.readers.options import ReadOptions
from training.readers.raw import MALFORMED, Raw
from training.readers.words import lines_of
from training.records import Catalogue, CatalogueReport, Orders

_MAX_TEXT = 2000
_YES = ("yes", "y", "true", "t", "1", "ja", "oui", "sí", "si")
_NO = ("no", "n", "false", "f", "0", "nein", "nee", "non")
_IN_STOCK = (*_YES, "in stock", "instock", "available", "preorder", "pre order", "backorder", "back order")
_OUT_OF_STOCK = (*_NO, "out of stock", "outofstock", "sold out", "soldout", "unavailable", "discontinued")


def read_catalogue(path: Path, options: ReadOptions) -> tuple[Catalogue, CatalogueReport]:
    """Read a catalogue of any known format (`formats.known`), plain or .gz, .zst, .zip; only the item id is required.

    Of an item's lines that differ, the one with most cells stays, the smallest by its cells among equals, so that the
    order of lines does not matter. A cell that cannot be understood means "not said" and is counted; a price that is
    not above zero is unknown too.

    Raises:
        InputError: the file cannot be used, over `options.max_unparsed` of its lines cannot be split, prices are in two
            currencies, or no item is left.
    """
    source, *others = open_sources(path)
    if others:
        raise InputError(f"{path}: the archive holds {len(others) + 1} files. Pack the one catalogue alone.")
    known = recognise(source, "catalogue", options)
    raw = known.format.read(source, options)
    frame = raw.frame.with_columns(_reason().alias("reason"))
    unparsed = _counts(frame.filter(pl.col("reason").is_not_null() & ~pl.col("reason").is_in(DROPPED)))
    _refuse(raw.file, frame, unparsed, options)
    dropped = _counts(frame.filter(pl.col("reason").is_in(DROPPED)))
    lines, repeats = _one_line_each(frame.filter(pl.col("reason").is_null()))
    if lines.is_empty():
        raise InputError(f"{raw.file}: no line names an item. Check --columns item_id=<column>.")
    unread = Counter[str]()
    catalogue = _catalogue(lines, raw, options, unread)
    return catalogue, CatalogueReport(
        file=raw.file,
        lines=frame.height,
        kept=lines.height,
        dropped=dropped | repeats,
        unparsed=unparsed,
        unread_cells=dict(sorted(unread.items())),
        columns=dict(raw.columns),
        notes=raw.notes,
        format=known.text(),
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


def _catalogue(lines: pl.DataFrame, raw: Raw, options: ReadOptions, unread: Counter[str]) -> Catalogue:
    def table(name: str) -> StringTable:
        return StringTable.of((text or "")[:_MAX_TEXT] for text in lines[name])

    codes = currencies(lines_of(lines.select("price", "currency")), "price").column("currency").cast(pl.String)
    currency = the_currency(set(codes.drop_nulls().to_list()), options.currency, raw.file)
    foreign = (codes != (currency or "")).fill_null(value=False)
    tidy = lines["category"].str.replace_all(r"\s*>\s*", " > ")
    return Catalogue(
        ids=StringTable.of(lines["item_id"]),
        title=table("title"),
        brand=table("brand"),
        category=StringTable.of((text or "")[:_MAX_TEXT] for text in tidy),
        family=table("family"),
        link=table("link"),
        image_link=table("image_link"),
        price=_money(lines["price"], unread, foreign),
        cost=_money(lines["cost"], unread),
        consumable=_words(lines["consumable"], _YES, _NO, unread),
        in_stock=(_stock(lines["in_stock"], unread) != 0).astype(np.uint8),
        currency=currency,
        links=number_links(lines),
    )


def _money(column: pl.Series, unread: Counter[str], foreign: pl.Series | None = None) -> NDArray[np.int64]:
    """Ten-thousandths, `PRICE_UNKNOWN` where nothing above zero is said, or in a currency that does not count."""
    values = parse_numbers(column).to_numpy()
    if foreign is not None:
        values = np.where(foreign.to_numpy(), np.nan, values)
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
