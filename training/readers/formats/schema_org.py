"""schema.org products as JSON-LD: one, a list, a graph, an item list, or a product group with its variants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from training.readers.documents import as_text, documents
from training.readers.files import Source
from training.readers.formats.record import Format
from training.readers.jsonlines import NOT_AN_OBJECT
from training.readers.links import LIST_MARK
from training.readers.nested import CATALOGUE_CELLS, Object, Row, read_nested
from training.readers.options import ReadOptions
from training.readers.raw import MALFORMED, Raw

_HOLDERS = ("@graph", "itemListElement", "item", "mainEntity", "hasVariant")
_DEEPEST = 50
_COLUMNS = {
    "item_id": "sku, else productID, gtin13 or @id",
    "title": "name",
    "brand": "brand",
    "category": "category",
    "family": "inProductGroupWithID, else the group's productGroupID",
    "link": "url",
    "image_link": "image",
    "price": "offers.price",
    "in_stock": "offers.availability",
    "currency": "offers.priceCurrency",
    "cross_sell": "isAccessoryOrSparePartFor, the other way round",
}
_GROUP = "the group it stands in"
_Found = tuple[int, Object, str | None]


def _read(source: Source, _options: ReadOptions) -> Raw:
    found = [one for line, value in documents(source) for one in _products(value, line, None, 0)]
    fitting: dict[str, list[str]] = defaultdict(list)
    for _, product, _ in found:
        for main in _many(product.get("isAccessoryOrSparePartFor")):
            if (target := _id(main)) and (part := _id(product)):
                fitting[target].append(part)

    def rows(product: Object) -> Iterator[Row]:
        if product.get(MALFORMED):
            yield {MALFORMED: product[MALFORMED]}
        else:
            links = "".join(LIST_MARK + part for part in fitting.get(_id(product) or "", ()))
            yield {**_cells(product, product.get(_GROUP)), "cross_sell": links}

    values = ((line, {**product, _GROUP: group}) for line, product, group in found)
    return read_nested(source, values, rows, CATALOGUE_CELLS, _COLUMNS)


def _products(value: object, line: int, group: str | None, depth: int) -> Iterator[_Found]:
    """Every product inside a value, with its group; a value that holds none is a malformed line."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            yield from _products(one, line, group, depth + 1)
        return
    if not isinstance(value, dict):
        if depth == 0:
            yield line, {MALFORMED: NOT_AN_OBJECT}, None
        return
    kinds = {str(kind).rsplit("/", 1)[-1].removeprefix("schema:") for kind in _many(value.get("@type"))}
    is_group = "ProductGroup" in kinds
    if is_group:
        group = _word(value.get("productGroupID")) or _id(value) or group
    if kinds & {"Product", "IndividualProduct", "ProductModel"} and not (is_group and value.get("hasVariant")):
        yield line, value, group
    for holder in _HOLDERS:
        if holder in value:
            yield from _products(value[holder], line, group, depth + 1)


def _cells(product: Object, group: object) -> Row:
    offer = next((o for o in _many(product.get("offers")) if isinstance(o, dict)), {})
    priced = next((p for p in _many(offer.get("priceSpecification")) if isinstance(p, dict)), {})
    return {
        "item_id": _id(product),
        "title": _word(product.get("name")),
        "brand": _word(product.get("brand")),
        "category": _word(product.get("category")),
        "family": _word(product.get("inProductGroupWithID")) or group,
        "link": _word(product.get("url")) or _word(offer.get("url")),
        "image_link": _word(product.get("image")),
        "price": _word(offer.get("price")) or _word(offer.get("lowPrice")) or _word(priced.get("price")),
        "in_stock": (_word(offer.get("availability")) or "").rsplit("/", 1)[-1].removeprefix("schema:"),
        "currency": _word(offer.get("priceCurrency")) or _word(priced.get("priceCurrency")),
    }


def _id(value: object) -> str | None:
    if not isinstance(value, dict):
        return _word(value)
    return next((word for key in ("sku", "productID", "gtin13", "@id") if (word := _word(value.get(key)))), None)


def _many(value: object) -> list[object]:
    """A list as it is, nothing as none, one as a list of it: JSON-LD allows all three."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _word(value: object) -> str | None:
    """The text of a text, a number, `{name}`, `{url}`, `{@value}`, or the first of a list of them."""
    for one in _many(value):
        if isinstance(one, dict):
            inner = next((one[key] for key in ("@value", "name", "url", "contentUrl", "@id") if key in one), None)
            if not isinstance(inner, dict | list) and (text := as_text(inner)):
                return text
        elif text := as_text(one):
            return text
    return None


SCHEMA_ORG = Format(
    "schema-org", "catalogue", frozenset({"json"}), ("@type",), ("@context", "sku", "name", "offers", "url"), _read
)
