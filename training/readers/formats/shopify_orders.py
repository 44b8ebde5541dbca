"""Shopify's orders CSV: a row per line item, the order's own cells on its first row only."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from training.readers.clean import CANCELLED
from training.readers.columns import Wanted
from training.readers.delimited import read_delimited
from training.readers.files import Source
from training.readers.formats.record import Format
from training.readers.names import ORDER_FIELDS, Tiers
from training.readers.nested import mail_hash
from training.readers.options import ReadOptions
from training.readers.raw import MALFORMED, Raw

_FIELDS: dict[str, Tiers] = {
    "order_id": (("name",),),
    "customer_id": (("customerid",),),
    "item_id": (("lineitemsku",),),
    "ts": (("createdat",),),
    "quantity": (("lineitemquantity",),),
    "unit_price": (("lineitemprice",),),
    "status": (("financialstatus",),),
    "title": (("lineitemname",),),
    "currency": (("currency",),),
    "email": (("email",),),
    "cancelled_at": (("cancelledat",),),
}
_OF_THE_ORDER = ("customer_id", "ts", "status", "currency", "email", "cancelled_at")


def _read(source: Source, options: ReadOptions) -> Raw:
    own = {ours: theirs for ours, theirs in options.columns.items() if ours in _FIELDS}
    raw = read_delimited(source, Wanted(_FIELDS, ("order_id", "title"), own, strict=False))
    filled = raw.frame.with_columns(pl.col(c).forward_fill().over("order_id") for c in _OF_THE_ORDER)
    nameless = int((filled["item_id"].is_null() & filled["title"].is_not_null()).sum())
    cancelled = pl.when(pl.col("cancelled_at").is_not_null()).then(pl.lit(CANCELLED))
    frame = filled.with_columns(
        pl.coalesce("item_id", "title").alias("item_id"),
        pl.coalesce("customer_id", _hashed(filled["email"])).alias("customer_id"),
        pl.coalesce(MALFORMED, cancelled).alias(MALFORMED),
        pl.int_range(pl.len(), dtype=pl.Int32).over("order_id").alias("place"),
    )
    share = nameless / max(1, frame.height)
    notes = (f"{nameless} of {frame.height} lines ({share:.1%}) have no SKU: their name is their id",)
    columns = {ours: theirs for ours, theirs in raw.columns.items() if ours in ORDER_FIELDS}
    return replace(
        raw,
        frame=frame.select(*ORDER_FIELDS, "line", MALFORMED, "place"),
        columns=columns | ({"customer_id": "the hash of Email"} if "email" in raw.columns else {}),
        notes=raw.notes + (notes if nameless else ()),
    )


def _hashed(addresses: pl.Series) -> pl.Series:
    known = addresses.drop_nulls().unique()
    table = {address: mail_hash(address) for address in known}
    return addresses.replace_strict(list(table), list(table.values()), default=None, return_dtype=pl.String)


SHOPIFY_ORDERS = Format(
    "shopify-orders",
    "orders",
    frozenset({"table"}),
    ("name", "lineitemname", "lineitemquantity", "lineitemprice"),
    (
        *("email", "financialstatus", "paidat", "fulfillmentstatus", "currency", "subtotal", "total", "createdat"),
        *("lineitemsku", "lineitemrequiresshipping", "cancelledat", "paymentmethod"),
    ),
    _read,
)
