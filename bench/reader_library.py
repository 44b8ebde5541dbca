"""Polars beside DuckDB: read a CSV's cells as text, find the lines whose quantity is no number (ADR 2).

Usage: python bench/reader_library.py generate big.csv 10000000
       POLARS_MAX_THREADS=1 python bench/reader_library.py polars big.csv order_id,…,quantity,…
       python bench/reader_library.py duckdb big.csv order_id,…,quantity,…

The third argument of a measurement is the file's header. DuckDB is not a dependency: `pip install duckdb`.
"""

import importlib
import resource
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl


def generate(path: str, lines: int) -> None:
    """A shop of 50,000 items, 8 lines an order, 1,000 lines with a broken quantity, a comma in every title."""
    rng = np.random.default_rng(1)
    order = np.sort(rng.integers(0, lines // 8, lines))
    item = rng.zipf(1.3, lines) % 50_000
    quantity = rng.integers(1, 6, lines).astype("U4")
    quantity[rng.choice(lines, 1000, replace=False)] = "many"
    frame = pl.DataFrame(
        {
            "order_id": order + 100_000,
            "customer_id": (order * 7919) % 300_000,
            "item_id": item,
            "ts": 1_500_000_000 + order * 40,
            "quantity": quantity.tolist(),
            "unit_price": (item * 37 % 5000 + 99) / 100,
        }
    )
    code = pl.col("item_id").cast(pl.String)
    frame.with_columns(
        pl.from_epoch("ts").dt.strftime("%Y-%m-%d %H:%M:%S"),
        pl.format("SKU-{}", code.str.zfill(5)).alias("item_id"),
        pl.format("product number {}, large", code).alias("title"),
    ).write_csv(path)


def with_polars(path: str, header: list[str]) -> tuple[int, int]:
    """Lines and broken lines."""
    names = [f"column_{i + 1}" for i in range(len(header) + 1)]
    quantity = names[header.index("quantity")]
    frame = pl.read_csv(
        path,
        has_header=False,
        skip_rows=1,
        schema=dict.fromkeys(names, pl.String),
        truncate_ragged_lines=True,
        missing_columns="insert",
        row_index_name="line",
    )
    return frame.height, frame.filter(pl.col(quantity).cast(pl.Float64, strict=False).is_null()).height


def with_duckdb(path: str, header: list[str]) -> tuple[int, int]:
    """Lines and broken lines."""
    duckdb = importlib.import_module("duckdb")
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in header)
    source = f"read_csv('{path}', store_rejects=true, header=true, auto_detect=false, columns={{{columns}}})"
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(f"create temp table lines as select * from {source}")  # noqa: S608 - a file of our own making
    counts = "select count(*), count(*) filter (try_cast(quantity as double) is null) from lines"
    lines, broken = connection.execute(counts).fetchone()
    return lines, broken


def main() -> None:
    """Generate, or measure one library in this process."""
    what, path, last = sys.argv[1:4]
    if what == "generate":
        generate(path, int(last))
        return
    start = time.perf_counter()
    found = {"polars": with_polars, "duckdb": with_duckdb}[what](path, last.split(","))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"{what} {Path(path).name}: {found[0]} lines, {found[1]} broken; {time.perf_counter() - start:.2f} s wall, "
        f"{usage.ru_utime + usage.ru_stime:.2f} s CPU, {usage.ru_maxrss / 1024:.0f} MB peak"
    )


if __name__ == "__main__":
    main()
