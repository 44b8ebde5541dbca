"""Google Merchant Center feeds: a TSV, or RSS and Atom with `g:` tags (Product data specification, Google Merchant)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from xml.etree.ElementTree import (
    Element,
    ParseError,
    TreeBuilder,
)  # types and the target only: defusedxml does the parsing

import polars as pl
from defusedxml import DefusedXmlException  # type: ignore[import-untyped]  # ships no types
from defusedxml.ElementTree import DefusedXMLParser, iterparse  # type: ignore[import-untyped]  # ships no types

from training.readers.columns import Wanted, normalise
from training.readers.delimited import read_delimited
from training.readers.errors import InputError
from training.readers.files import Source
from training.readers.formats.look import GOOGLE_NAMESPACE
from training.readers.formats.record import Format
from training.readers.jsonlines import frame_of
from training.readers.names import CATALOGUE_FIELDS, Tiers
from training.readers.nested import CATALOGUE_CELLS
from training.readers.options import ReadOptions
from training.readers.raw import MALFORMED, Raw, raw_frame
from training.readers.sales import price_now

_FIELDS: dict[str, Tiers] = {
    "item_id": (("id",),),
    "title": (("title",),),
    "brand": (("brand",),),
    "category": (("producttype",),),
    "google_category": (("googleproductcategory",),),
    "family": (("itemgroupid",),),
    "link": (("link",),),
    "image_link": (("imagelink",),),
    "price": (("price",),),
    "sale": (("saleprice",),),
    "window": (("salepriceeffectivedate",),),
    "cost": (("costofgoodssold",),),
    "in_stock": (("availability",),),
}
_BY_TAG = {tier: ours for ours, tiers in _FIELDS.items() for tier in tiers[0]}
_DEEPEST = 100


def _read_table(source: Source, options: ReadOptions) -> Raw:
    own = {ours: theirs for ours, theirs in options.columns.items() if ours in _FIELDS}
    raw = read_delimited(source, Wanted(_FIELDS, ("item_id",), own, strict=False))
    return replace(raw, frame=_ours(raw.frame, options), columns=_shown(raw.columns))


def _read_xml(source: Source, options: ReadOptions) -> Raw:
    fields = tuple(_FIELDS)
    rows = ((*map(item.get, fields), None, number) for number, item in enumerate(_items(source), start=1))
    frame = raw_frame(frame_of(rows, fields), Wanted(_FIELDS, (), {}))
    return Raw(
        source.name, _ours(frame, options), _shown({o: f"g:{t[0][0]}" for o, t in _FIELDS.items()}), source.notes
    )


def _shown(columns: Mapping[str, str]) -> dict[str, str]:
    return {ours: at for ours, at in columns.items() if ours in CATALOGUE_FIELDS}


def _ours(frame: pl.DataFrame, options: ReadOptions) -> pl.DataFrame:
    """Our fields of a feed's: the price now, the first own category, else Google's where it is a path."""
    window = frame["window"].str.split_exact("/", 1).struct.unnest()
    start, until = (window[c].str.strip_chars() for c in window.columns)
    paths = pl.col("category").str.split(",")
    several = paths.list.eval(pl.element().str.contains(">", literal=True)).list.all()
    return raw_frame(
        frame.with_columns(
            price_now(frame["price"], frame["sale"], start, until, options.as_of),
            pl.coalesce(
                pl.when(several).then(paths.list.first()).otherwise("category"),
                pl.when(pl.col("google_category").str.contains(r"\pL")).then("google_category"),
            ).alias("category"),
        ).select(pl.col(*(f for f in _FIELDS if f in CATALOGUE_FIELDS), "line", MALFORMED)),
        CATALOGUE_CELLS,
    )


def _items(source: Source) -> Iterator[dict[str, str]]:
    """Cells of each `<item>` or `<entry>`; of a tag that repeats the first counts. What was read is let go of.

    Document types are refused, and with them every entity that a file could define.
    """
    parser = DefusedXMLParser(
        target=TreeBuilder(), encoding="utf-8", forbid_dtd=True, forbid_entities=True, forbid_external=True
    )
    stack: list[Element] = []
    try:
        with source.open() as stream:
            for event, element in iterparse(stream, events=("start", "end"), parser=parser):
                if event == "start":
                    stack.append(element)
                    if len(stack) > _DEEPEST:
                        raise InputError(f"{source.name}: XML nested over {_DEEPEST} deep is no feed. Export it again.")
                    continue
                stack.pop()
                if _local(element.tag) in {"item", "entry"}:
                    yield _cells(element)
                if stack and _local(element.tag) in {"item", "entry"}:
                    stack[-1].remove(element)
    except DefusedXmlException as error:
        raise InputError(
            f"{source.name}: the XML declares a document type or entities, which feeds do not need and attacks do. "
            "Export it without."
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{source.name}: the XML cannot be read ({error}). Export it again.") from error


def _cells(item: Element) -> dict[str, str]:
    """Our names → text; a `g:` tag beats a plain one, the first of several stays."""
    found: dict[str, str] = {}
    for google in (True, False):
        for element in item:
            ours = _BY_TAG.get(normalise(_local(element.tag)))
            text = (element.text or "").strip() or element.get("href", "")
            if ours is not None and text and (GOOGLE_NAMESPACE in element.tag) == google:
                found.setdefault(ours, text)
    return found


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1].lower()


GOOGLE_MERCHANT = Format(
    "google-merchant",
    "catalogue",
    frozenset({"table"}),
    ("id", "title", "link", "price", "availability"),
    (
        *("description", "imagelink", "saleprice", "salepriceeffectivedate", "producttype", "googleproductcategory"),
        *("brand", "gtin", "mpn", "condition", "itemgroupid"),
    ),
    _read_table,
)

GOOGLE_MERCHANT_XML = Format(
    "google-merchant-xml",
    "catalogue",
    frozenset({"xml"}),
    ("g:id", "g:price"),
    ("g:availability", "g:title", "g:link", "g:image_link", "g:product_type", "g:item_group_id", "g:brand"),
    _read_xml,
)
