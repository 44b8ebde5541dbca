"""The reader beside a plain Polars read of the same file: wall time, CPU and peak memory, as ratios (ADR 2).

Usage: python bench/reader.py generate DIR [LINES]     writes orders.csv and orders.parquet, Instacart-shaped
       python bench/reader.py measure DIR [THREADS]    each step in a process of its own; prints ratios

About ten lines an order, 200,000 customers, 50,000 products with a long tail, a time, the place in the cart and whether
it was bought before: 32 million such lines are what Instacart published in 2017. `ours` reads, cleans, numbers and
builds the basket matrix; `plain` is `polars.read_csv` or `polars.read_parquet` with all columns.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

from training.baskets import basket_matrix
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.records import Orders

LINES = 32_000_000
_CHUNKS = 16


def generate(folder: Path, lines: int) -> None:
    """Both files, a share of the orders at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    orders, parts = lines // 10, []
    customer = rng.integers(1, 200_001, orders)
    start = np.sort(rng.integers(1_420_070_400, 1_496_275_200, orders))
    popular = 1 / np.arange(1, 50_001) ** 0.8
    popular /= popular.sum()
    with (folder / "orders.csv").open("wb") as file:
        for chunk in range(_CHUNKS):
            first, last = orders * chunk // _CHUNKS, orders * (chunk + 1) // _CHUNKS
            order = np.repeat(np.arange(first, last), rng.poisson(9, last - first) + 1)
            frame = pl.DataFrame(
                {
                    "order_id": order + 1,
                    "user_id": customer[order],
                    "product_id": rng.choice(50_000, len(order), p=popular) + 1,
                    "ordered_at": start[order],
                    "add_to_cart_order": np.arange(len(order)) - np.searchsorted(order, order) + 1,
                    "reordered": rng.integers(0, 2, len(order)),
                }
            ).with_columns(pl.from_epoch("ordered_at").dt.strftime("%Y-%m-%d %H:%M:%S"))
            frame.write_csv(file, include_header=chunk == 0)
            parts.append(frame)
    pl.concat(parts).write_parquet(folder / "orders.parquet")


def plain(path: Path) -> int:
    """Lines, as Polars reads them without a thought."""
    return (pl.read_csv if path.suffix == ".csv" else pl.read_parquet)(path).height


def ours(path: Path) -> int:
    """Lines, read, cleaned, numbered and in a basket matrix."""
    orders, report = read_orders([path], ReadOptions(columns={"ts": "ordered_at"}), None)
    baskets = basket_matrix(orders, np.arange(len(orders.items), dtype=np.int32), _no_families(orders))
    print(f"{baskets.shape[0]} baskets, {baskets.nnz} entries", file=sys.stderr)
    return report.lines


def _no_families(orders: Orders) -> object:
    from training.baskets import families  # noqa: PLC0415  # the plain read must not pay for it

    return families([b""] * len(orders.items))


def measure(folder: Path, threads: str) -> None:
    """Each step in a fresh process, so that peaks are its own."""
    for name in ("orders.csv", "orders.parquet"):
        found = {}
        for step in ("plain", "ours"):
            command = [sys.executable, __file__, step, str(folder / name)]
            environment = {**os.environ, "POLARS_MAX_THREADS": threads, "OMP_NUM_THREADS": threads}
            done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
            found[step] = json.loads(done.stdout.splitlines()[-1])
            print(f"{name:<16} {step:<6} " + "  ".join(f"{k} {v:,}" for k, v in found[step].items()), flush=True)
        ratios = {k: found["ours"][k] / found["plain"][k] for k in ("seconds", "cpu", "mb")}
        print(f"{name:<16} ratio  " + "  ".join(f"{k} {v:.2f}" for k, v in ratios.items()), flush=True)


def main() -> None:
    """Generate, measure, or one step in this process."""
    what, where, *rest = sys.argv[1:]
    if what == "generate":
        generate(Path(where), int(rest[0]) if rest else LINES)
    elif what == "measure":
        measure(Path(where), rest[0] if rest else "2")
    else:
        started = time.perf_counter()
        lines = {"plain": plain, "ours": ours}[what](Path(where))
        usage = resource.getrusage(resource.RUSAGE_SELF)
        cpu = usage.ru_utime + usage.ru_stime
        found = {"lines": lines, "seconds": time.perf_counter() - started, "cpu": cpu, "mb": usage.ru_maxrss / 1024}
        print(json.dumps({k: round(v, 2) for k, v in found.items()}))


if __name__ == "__main__":
    main()
