"""The merchant's own links between items: which go along, which trade up, which must never meet."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.strings import StringTable
from training.records import LINK_KINDS, Links

LIST_MARK = "\x1f"
"""Stands before or between the ids of one cell once they are split, and nowhere else."""


def split_cells(column: str) -> pl.Expr:
    """A cell such as `A|B` as ids with `LIST_MARK` between them: the bar splits, else the semicolon, else the comma."""
    cell = pl.col(column)
    return (
        pl.when(cell.str.contains(LIST_MARK, literal=True))
        .then(cell)
        .when(cell.str.contains("|", literal=True))
        .then(cell.str.replace_all("|", LIST_MARK, literal=True))
        .when(cell.str.contains(";", literal=True))
        .then(cell.str.replace_all(";", LIST_MARK, literal=True))
        .otherwise(cell.str.replace_all(",", LIST_MARK, literal=True))
        .alias(column)
    )


def number_links(lines: pl.DataFrame) -> Links:
    """Links of the catalogue's lines, in the order of each cell; an item never points at itself, nor twice.

    Args:
        lines: `item_id` and one text column per kind of link, ids with `LIST_MARK` between them, null where none.
    """
    said = [_of_kind(lines, kind) for kind in range(len(LINK_KINDS))]
    table = pl.concat(said).sort("from", "kind", "position")
    return Links(
        source=StringTable.of(table["from"]),
        target=StringTable.of(table["to"]),
        kind=table["kind"].to_numpy().astype(np.int8),
        position=table["position"].to_numpy().astype(np.int32),
    )


def _of_kind(lines: pl.DataFrame, kind: int) -> pl.DataFrame:
    cells = lines.select(
        pl.col("item_id").alias("from"), pl.col(LINK_KINDS[kind]).cast(pl.String).str.split(LIST_MARK).alias("to")
    )
    ids = cells.filter(pl.col("to").is_not_null()).explode("to").with_columns(pl.col("to").str.strip_chars())
    ids = ids.filter((pl.col("to") != "") & (pl.col("to") != pl.col("from")))
    ids = ids.unique(["from", "to"], keep="first", maintain_order=True)
    position = pl.int_range(pl.len()).over("from").cast(pl.Int32)
    return ids.with_columns(position.alias("position"), pl.lit(kind, pl.Int8).alias("kind"))
