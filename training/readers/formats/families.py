"""What tables of products with variations have in common: the deepest category, cells inherited from the parent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl


def deepest(paths: Sequence[str], sign: str) -> str:
    """The path with most steps, the first of equals; empty where there is none."""
    return max(paths, key=lambda path: path.count(sign), default="")


def inherited(frame: pl.DataFrame, fields: Sequence[str]) -> pl.DataFrame:
    """Variations with their parent's cells where they have none; a parent is of the family that bears its name."""
    named = frame["family"].drop_nulls().unique().to_list()
    is_parent = pl.col("item_id").is_in(named)
    parents = frame.filter(is_parent).unique("item_id", keep="first", maintain_order=True)
    told = parents.select(pl.col("item_id").alias("family"), *(pl.col(f).alias(f"parent_{f}") for f in fields))
    joined = frame.join(told, on="family", how="left", maintain_order="left")
    return joined.with_columns(
        *(pl.coalesce(f, f"parent_{f}").alias(f) for f in fields),
        pl.when(pl.col("family").is_null() & is_parent).then("item_id").otherwise("family").alias("family"),
    )


def mapped(column: pl.Series, change: Callable[[str], str]) -> pl.Series:
    """Each distinct cell changed once; null where nothing is left."""
    cells = column.drop_nulls().unique()
    table = {cell: change(cell) or None for cell in cells}
    return column.replace_strict(list(table), list(table.values()), default=None, return_dtype=pl.String)
