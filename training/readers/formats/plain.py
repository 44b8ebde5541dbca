"""Tables and flat objects of any shop, their columns found by name: ours, UCI's, and their like."""

from __future__ import annotations

from training.readers.columns import Wanted, catalogue_columns, order_columns
from training.readers.delimited import read_delimited
from training.readers.files import Source
from training.readers.formats.record import Format
from training.readers.jsonlines import read_json_lines
from training.readers.links import split_cells
from training.readers.options import ReadOptions
from training.readers.parquet import read_parquet
from training.readers.raw import Raw
from training.records import LINK_KINDS


def read_plain(source: Source, wanted: Wanted) -> Raw:
    """One file's cells, whatever its layout."""
    if source.parquet:
        return read_parquet(source, wanted)
    if source.head().removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        return read_json_lines(source, wanted)
    return read_delimited(source, wanted)


def _orders(source: Source, options: ReadOptions) -> Raw:
    return read_plain(source, order_columns(options.columns))


def _catalogue(source: Source, options: ReadOptions) -> Raw:
    raw = read_plain(source, catalogue_columns(options.columns))
    return Raw(raw.file, raw.frame.with_columns(split_cells(kind) for kind in LINK_KINDS), raw.columns, raw.notes)


PLAIN_ORDERS = Format("plain-orders", "orders", frozenset({"table", "json", "parquet"}), (), (), _orders)
PLAIN_CATALOGUE = Format("plain-catalogue", "catalogue", frozenset({"table", "json", "parquet"}), (), (), _catalogue)
