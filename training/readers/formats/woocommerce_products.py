"""WooCommerce's products CSV (WooCommerce wiki, "Product CSV Import Schema")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from training.readers.columns import Wanted
from training.readers.delimited import read_delimited
from training.readers.files import Source
from training.readers.formats.families import deepest, inherited, mapped
from training.readers.formats.record import Format
from training.readers.links import LIST_MARK
from training.readers.names import CATALOGUE_FIELDS, Tiers
from training.readers.nested import CATALOGUE_CELLS
from training.readers.options import ReadOptions
from training.readers.raw import MALFORMED, Raw, raw_frame
from training.readers.sales import price_now

_FIELDS: dict[str, Tiers] = {
    "item_id": (),
    "id": (("id",),),
    "sku": (("sku",),),
    "title": (("name",),),
    "brand": (("brands",), ("brand",)),
    "category": (("categories",),),
    "image_link": (("images",),),
    "family": (("parent",),),
    "price": (("regularprice",),),
    "sale": (("saleprice",),),
    "start": (("datesalepricestarts",),),
    "until": (("datesalepriceends",),),
    "cost": (("costofgoods",), ("metawccogcost",), ("metacogstotalvalue",)),
    "published": (("published",),),
    "in_stock": (("instock",),),
    "upsell": (("upsells",),),
    "cross_sell": (("crosssells",),),
}
_GUARDED = r"^'([=+\-@])"
_COMMA = re.compile(r"(?<!\\),")
_INHERITED = ("category", "brand", "image_link")


@dataclass(frozen=True, slots=True)
class _Names:
    """How a cell's `id:100` and `SKU-1` become ids of ours.

    Attributes:
        by_id, by_sku: the shop's number, its SKU → our item id.
    """

    by_id: Mapping[str, str]
    by_sku: Mapping[str, str]

    def items(self, cell: str) -> str:
        """Every id of a cell, each behind a `LIST_MARK`."""
        return "".join(LIST_MARK + self.item(part) for part in parts(cell))

    def item(self, part: str) -> str:
        """One id: by number, else by SKU, else as it stands."""
        number = part.removeprefix("id:").strip()
        if part.startswith("id:"):
            return self.by_id.get(number, number)
        return self.by_sku.get(part, part)


def parts(cell: str) -> list[str]:
    r"""The values of a cell: commas split, `\,` is a comma."""
    return [part.replace("\\,", ",").strip() for part in _COMMA.split(cell) if part.strip()]


def _read(source: Source, options: ReadOptions) -> Raw:
    own = {ours: theirs for ours, theirs in options.columns.items() if ours in _FIELDS}
    raw = read_delimited(source, Wanted(_FIELDS, (), own, strict=False))
    # WooCommerce writes a quote before what a spreadsheet would take for a formula, and takes it away when it reads.
    frame = raw.frame.with_columns(pl.col("item_id", "sku", "title").str.replace(_GUARDED, "$1"))
    frame = frame.with_columns(pl.coalesce("item_id", "id", "sku").alias("item_id"))
    names = _Names(_table(frame, "id"), _table(frame, "sku"))
    frame = frame.with_columns(
        price_now(frame["price"], frame["sale"], frame["start"], frame["until"], options.as_of),
        mapped(frame["family"], lambda cell: names.item(next(iter(parts(cell)), ""))),
        mapped(frame["upsell"], names.items),
        mapped(frame["cross_sell"], names.items),
        mapped(frame["category"], lambda cell: deepest(parts(cell), ">")),
        mapped(frame["image_link"], lambda cell: next(iter(parts(cell)), "")),
        pl.when(pl.col("published").is_in(["0", "-1"])).then(pl.lit("no")).otherwise("in_stock").alias("in_stock"),
    )
    frame = inherited(frame, _INHERITED)
    columns = {ours: at for ours, at in raw.columns.items() if ours in CATALOGUE_FIELDS}
    ours = [c for c in frame.columns if c in (*CATALOGUE_FIELDS, "line", MALFORMED)]
    return replace(raw, frame=raw_frame(frame.select(ours), CATALOGUE_CELLS), columns=columns)


def _table(frame: pl.DataFrame, key: str) -> dict[str, str]:
    rows = frame.filter(pl.col(key).is_not_null() & pl.col("item_id").is_not_null())
    return dict(rows.select(key, "item_id").iter_rows())


WOOCOMMERCE_PRODUCTS = Format(
    "woocommerce-products",
    "catalogue",
    frozenset({"table"}),
    ("upsells", "crosssells"),
    ("id", "type", "sku", "name", "published", "instock", "regularprice", "categories", "parent", "images"),
    _read,
)
