"""Magento's products CSV, and its importer's file of links alone (Adobe Commerce, "Product attributes")."""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl

from training.readers.catalogue_reasons import OTHER_VIEW
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
    "item_id": (("sku",),),
    "view": (("storeviewcode",),),
    "title": (("name",),),
    "brand": (("manufacturer",), ("brand",)),
    "category": (("categories",),),
    "image_link": (("baseimage",),),
    "price": (("price",),),
    "sale": (("specialprice",),),
    "start": (("specialpricefromdate",),),
    "until": (("specialpricetodate",),),
    "cost": (("cost",),),
    "online": (("productonline",),),
    "in_stock": (("isinstock",),),
    "variations": (("configurablevariations",),),
    "upsell": (("upsellskus",),),
    "cross_sell": (("crosssellskus",),),
}
_ROOT = "Default Category/"
_VARIATION = re.compile(r"(?:^|\|)\s*sku=([^,|]+)")


def _read(source: Source, options: ReadOptions) -> Raw:
    own = {ours: theirs for ours, theirs in options.columns.items() if ours in _FIELDS}
    raw = read_delimited(source, Wanted(_FIELDS, ("item_id",), own, strict=False))
    frame = raw.frame
    frame = frame.with_columns(
        price_now(frame["price"], frame["sale"], frame["start"], frame["until"], options.as_of),
        mapped(frame["category"], _path),
        pl.col("upsell", "cross_sell").str.replace_all(",", LIST_MARK, literal=True),
        pl.when(pl.col("online") == "2").then(pl.lit("no")).otherwise("in_stock").alias("in_stock"),
        pl.coalesce(MALFORMED, pl.when(pl.col("view").is_not_null()).then(pl.lit(OTHER_VIEW))).alias(MALFORMED),
        _families(frame),
    )
    frame = inherited(frame, ("category", "brand", "image_link"))
    columns = {ours: at for ours, at in raw.columns.items() if ours in CATALOGUE_FIELDS}
    shown = [c for c in frame.columns if c in (*CATALOGUE_FIELDS, "line", MALFORMED)]
    return replace(raw, frame=raw_frame(frame.select(shown), CATALOGUE_CELLS), columns=columns)


def _path(cell: str) -> str:
    """The deepest of `Default Category/Gear,Default Category/Gear/Bags`, as `Gear > Bags`."""
    return deepest(cell.split(","), "/").strip().removeprefix(_ROOT).replace("/", " > ")


def _families(frame: pl.DataFrame) -> pl.Series:
    """Each variation's configurable product, from `sku=A-S,size=S|sku=A-M,size=M`."""
    rows = frame.filter(pl.col("variations").is_not_null() & pl.col("item_id").is_not_null())
    parent = {
        sku.strip(): item
        for item, cell in rows.select("item_id", "variations").iter_rows()
        for sku in _VARIATION.findall(cell)
    }
    return (
        frame["item_id"]
        .replace_strict(list(parent), list(parent.values()), default=None, return_dtype=pl.String)
        .alias("family")
    )


MAGENTO_PRODUCTS = Format(
    "magento-products",
    "catalogue",
    frozenset({"table"}),
    ("sku", "crosssellskus", "upsellskus"),
    ("attributesetcode", "producttype", "categories", "name", "price", "relatedskus", "productonline", "isinstock"),
    _read,
)
