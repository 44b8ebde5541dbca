"""rejects.csv: every line that is not in a basket, with its reason."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from models.files import write_whole

CELLS = ("order_id", "item_id", "ts", "quantity", "unit_price")
_FORMULA = r"^[=+\-@\t\r\n]"
_NUMBER = r"^[+-]?\d+(?:\.\d+)?$"
_MAX_CELL = 200


def reject_rows(file: str, lines: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Rows for rejects.csv.

    Args:
        file: the file's name.
        lines: `line` and `reason` of the rejected lines.
        cells: the same lines' `CELLS` as the file has them; text is cut at 200 characters.
    """
    shown = cells.select(pl.col(c).cast(pl.String).str.head(_MAX_CELL) for c in CELLS)
    return pl.concat([lines.select(pl.lit(file).alias("file"), "line", "reason"), shown], how="horizontal")


def write_rejects(path: Path, rows: Sequence[pl.DataFrame]) -> None:
    """Write all rows, by file and line as given; no cell is a formula to a spreadsheet (OWASP, CSV injection)."""
    schema = {"file": pl.String, "line": pl.Int64, "reason": pl.String, **dict.fromkeys(CELLS, pl.String)}
    table = pl.concat([pl.DataFrame(schema=schema), *rows])
    texts = [pl.col(c) for c, dtype in schema.items() if dtype == pl.String]
    risky = [(t, t.str.contains(_FORMULA) & ~t.str.contains(_NUMBER)) for t in texts]
    table = table.with_columns(
        pl.when(is_risky).then(pl.lit("'") + t).otherwise(t).alias(t.meta.output_name()) for t, is_risky in risky
    )
    buffer = io.BytesIO()
    table.write_csv(buffer)
    write_whole(path, buffer.getvalue())
