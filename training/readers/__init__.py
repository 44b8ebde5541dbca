"""Readers: a shop's files in, numbered orders and a catalogue out; every line is used or counted under a reason.

Street: `files` (bytes, compression, encoding) → `delimited`, `jsonlines`, `parquet` (one raw frame of text cells per
file, columns found by `columns`) → `numbers`, `times` (cells to values) → `clean` (reasons) → `numbering` (names to
integers) → `Orders`. `catalogue` goes the same way. `read_orders` lives in `orders`, `read_catalogue` in `catalogue`.
"""
