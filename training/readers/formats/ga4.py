"""Google Analytics 4 as exported to BigQuery (`events_YYYYMMDD`): rows as NDJSON or Parquet with nested `items`.

Tables are rewritten for up to three days, so that nightly exports overlap; a page loaded again sends its purchase
again. Both count once, by transaction and place.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import polars as pl

from training.readers.clean import NO_LINES, NOT_A_PURCHASE
from training.readers.errors import InputError
from training.readers.files import Source
from training.readers.formats.record import Format
from training.readers.nested import ORDER_CELLS, Object, Row, inside, objects, read_nested, said, unwrapped
from training.readers.options import ReadOptions
from training.readers.raw import MALFORMED, Raw

_BLOCK = 10_000
_COLUMNS = {
    "order_id": "ecommerce.transaction_id",
    "customer_id": "user_id, else user_pseudo_id",
    "item_id": "items.item_id",
    "ts": "event_timestamp",
    "quantity": "items.quantity",
    "unit_price": "items.price",
    "title": "items.item_name",
    "currency": "event_params.currency",
}
_NEEDED = ("event_name", "event_timestamp", "user_id", "user_pseudo_id", "event_params", "ecommerce", "items")


def _read(source: Source, options: ReadOptions) -> Raw:
    key = options.columns.get("item_id") or "item_id"

    def lines(event: Object) -> Iterator[Row]:
        order = {
            "order_id": said(inside(event, "ecommerce").get("transaction_id"), _param(event, "transaction_id")),
            "customer_id": said(event.get("user_id"), event.get("user_pseudo_id")),
            "ts": event.get("event_timestamp"),
            "currency": _param(event, "currency"),
        }
        items = objects(event.get("items"))
        if event.get("event_name") != "purchase":
            yield {**order, MALFORMED: NOT_A_PURCHASE}
        elif not items:
            yield {**order, MALFORMED: NO_LINES}
        else:
            for place, item in enumerate(items):
                yield {
                    **order,
                    "item_id": said(item.get(key)),
                    "title": said(item.get("item_name")),
                    "quantity": item.get("quantity"),
                    "unit_price": item.get("price"),
                    "place": place,
                }

    values = _rows(source) if source.parquet else unwrapped(source)
    return read_nested(source, values, lines, ORDER_CELLS, _COLUMNS)


def _param(event: Object, name: str) -> object:
    """The value of one of `event_params`: `[{key, value: {string_value, int_value, …}}]`."""
    for param in objects(event.get("event_params")):
        if param.get("key") == name:
            value = inside(param, "value")
            return said(value.get("string_value"), value.get("int_value"))
    return None


def _rows(source: Source) -> Iterator[tuple[int, object]]:
    """Rows of a Parquet export, of purchases with all their cells."""
    data = io.BytesIO(source.data) if isinstance(source.data, bytes) else source.data
    try:
        columns = [name for name in pl.read_parquet_schema(data) if name in _NEEDED]
        table = pl.read_parquet(data, columns=columns, glob=False).with_row_index("line", offset=1)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        raise InputError(f"{source.name}: damaged Parquet ({error}). Copy or write it again.") from error
    for block in table.iter_slices(_BLOCK):
        for row in block.iter_rows(named=True):
            yield row.pop("line"), row


GA4 = Format(
    "ga4",
    "orders",
    frozenset({"json", "parquet"}),
    ("eventname", "eventtimestamp", "items"),
    ("eventdate", "eventparams", "userpseudoid", "ecommerce", "items.itemid", "items.itemname"),
    _read,
)
