"""Shopify's products CSV of both header generations: a row per variant, the product's own cells on its first row."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from training.readers.catalogue_reasons import PICTURE
from training.readers.columns import Wanted
from training.readers.delimited import read_delimited
from training.readers.files import Source
from training.readers.formats.families import mapped
from training.readers.formats.record import Format
from training.readers.links import LIST_MARK
from training.readers.names import CATALOGUE_FIELDS, Tiers
from training.readers.nested import CATALOGUE_CELLS
from training.readers.options import ReadOptions
from training.readers.raw import MALFORMED, Raw, raw_frame

_COMPLEMENTARY = (
    "complementaryproductsproductmetafieldsshopifydiscoveryproductrecommendationcomplementaryproducts",
    "productmetafieldsshopifydiscoveryproductrecommendationcomplementaryproducts",
)
_FIELDS: dict[str, Tiers] = {
    "family": (("handle",), ("urlhandle",)),
    "title": (("title",),),
    "brand": (("vendor",),),
    "category": (("productcategory",),),
    "type": (("type",),),
    "item_id": (("variantsku",), ("sku",)),
    "price": (("variantprice",), ("price",)),
    "cost": (("costperitem",),),
    "image_link": (("imagesrc",), ("productimageurl",)),
    "variant_image": (("variantimage",), ("variantimageurl",)),
    "status": (("status",),),
    "published": (("published",), ("publishedononlinestore",)),
    "tracker": (("variantinventorytracker",), ("inventorytracker",)),
    "left": (("variantinventoryqty",), ("inventoryquantity",)),
    "policy": (("variantinventorypolicy",), ("continuesellingwhenoutofstock",)),
    "option1": (("option1value",),),
    "option2": (("option2value",),),
    "option3": (("option3value",),),
    "cross_sell": (_COMPLEMENTARY,),
}
_OF_THE_PRODUCT = ("title", "brand", "category", "type", "status", "published", "image_link", "cross_sell")
_OPTIONS = ("option1", "option2", "option3")


def _read(source: Source, options: ReadOptions) -> Raw:
    own = {ours: theirs for ours, theirs in options.columns.items() if ours in _FIELDS}
    raw = read_delimited(source, Wanted(_FIELDS, ("family",), own, strict=False))
    is_variant = pl.any_horizontal(pl.col("item_id", "price", "option1").is_not_null())
    frame = raw.frame.with_columns(is_variant.alias("variant"))
    frame = frame.with_columns(pl.col(c).forward_fill().over("family") for c in _OF_THE_PRODUCT)
    frame = frame.with_columns(
        _full_title().alias("title"),
        pl.coalesce("category", "type").alias("category"),
        pl.coalesce("variant_image", "image_link").alias("image_link"),
        _to_be_had().alias("in_stock"),
        pl.coalesce(MALFORMED, pl.when(~pl.col("variant")).then(pl.lit(PICTURE))).alias(MALFORMED),
    )
    nameless = int((frame["item_id"].is_null() & frame["variant"]).sum())
    frame = frame.with_columns(pl.when("variant").then(pl.coalesce("item_id", "title")).alias("item_id"))
    frame = frame.with_columns(_linked(frame))
    share = f"{nameless} of {int(frame['variant'].sum())} variants have no SKU: their name is their id, as in orders"
    return replace(
        raw,
        frame=raw_frame(
            frame.select(c for c in frame.columns if c in (*CATALOGUE_FIELDS, "line", MALFORMED)), CATALOGUE_CELLS
        ),
        columns={ours: at for ours, at in raw.columns.items() if ours in CATALOGUE_FIELDS},
        notes=raw.notes + ((share,) if nameless else ()),
    )


def _full_title() -> pl.Expr:
    """`Title - Red / M`, as `Lineitem name` of the orders has it; `Default Title` is no option."""
    options = pl.concat_str(
        (pl.when(pl.col(o) != "Default Title").then(o) for o in _OPTIONS), separator=" / ", ignore_nulls=True
    )
    return pl.when(options != "").then(pl.concat_str("title", pl.lit(" - "), options)).otherwise("title")


def _to_be_had() -> pl.Expr:
    """`no` for what is not published, or tracked, sold out and not sold on; null where nothing says so."""
    hidden = pl.col("status").str.to_lowercase().is_in(["draft", "archived"])
    hidden |= pl.col("published").str.to_lowercase() == "false"
    sold_on = pl.col("policy").str.to_lowercase().is_in(["continue", "true"])
    gone = pl.col("tracker").is_not_null() & (pl.col("left").cast(pl.Float64, strict=False) <= 0)
    away = hidden.fill_null(value=False) | (gone.fill_null(value=False) & ~sold_on.fill_null(value=False))
    return pl.when(away).then(pl.lit("no"))


def _linked(frame: pl.DataFrame) -> pl.Series:
    """Complementary products (handles) as ids: each product's first variant."""
    first = frame.filter(pl.col("item_id").is_not_null()).unique("family", keep="first", maintain_order=True)
    item = dict(first.select("family", "item_id").iter_rows())

    def ids(cell: str) -> str:
        handles = [handle.strip() for handle in cell.replace(";", ",").split(",")]
        return "".join(LIST_MARK + item[handle] for handle in handles if handle in item)

    return mapped(frame["cross_sell"], ids)


_MAY = ("vendor", "type", "tags", "option1name", "option1value", "costperitem", "status", "giftcard")

SHOPIFY_PRODUCTS = Format(
    "shopify-products",
    "catalogue",
    frozenset({"table"}),
    ("handle", "title", "variantsku", "variantprice"),
    (*_MAY, "bodyhtml", "published", "variantinventorytracker", "imagesrc", "imageposition"),
    _read,
)

SHOPIFY_PRODUCTS_NEW = Format(
    "shopify-products-new",
    "catalogue",
    frozenset({"table"}),
    ("urlhandle", "title", "sku", "price"),
    (*_MAY, "description", "publishedononlinestore", "inventorytracker", "productimageurl", "imageposition"),
    _read,
)
