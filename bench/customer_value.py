"""Whom it is worth mailing: expected spend beside last year's spend, against what customers then spent.

    python bench/customer_value.py

Learns on the first three quarters of the days, judges the last quarter: Spearman's rank correlation, and the share of
all money then spent that the ten per cent ranked highest brought. Only customers seen before the cut are ranked.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from training.customer_value import customer_value, visits
from training.evaluation.split import first
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.records import Orders

DATA = Path(__file__).parents[2] / "shared" / "data"
SHOPS = {
    "complete_journey": "orders.parquet",
    "online_retail": "orders.csv.gz",
    "online_retail_ii": "orders.parquet",
}
DAY = 86_400


def spent(orders: Orders, start: int, end: int) -> NDArray[np.float64]:
    """Money per customer of the orders with start ≤ time < end, in currency units."""
    line = np.repeat(np.arange(orders.n_orders), np.diff(orders.indptr))
    wanted = (orders.customer[line] >= 0) & (orders.time[line] >= start) & (orders.time[line] < end)
    paid = np.maximum(orders.price, 0)[wanted] * orders.quantity[wanted] / 10_000
    return np.bincount(orders.customer[line][wanted], weights=paid, minlength=len(orders.customers))


def main() -> None:
    """Print a row per shop and rule."""
    for shop, file in SHOPS.items():
        orders, _ = read_orders([DATA / shop / file], ReadOptions(), None)
        begin, end = int(orders.time[0]), int(orders.time[-1]) + 1
        cut = begin + (end - begin) * 3 // 4
        past = first(orders, int(np.searchsorted(orders.time, cut)))
        of = visits(past)
        value = customer_value(of, (end - cut) / DAY)
        if value is None:
            continue
        seen = spent(orders, begin, cut) > 0
        then = spent(orders, cut, end)[seen]
        year = spent(orders, cut - 365 * DAY, cut)[seen]
        recent = spent(orders, cut - (end - cut), cut)[seen]
        print(f"\n{shop}: {seen.sum():,} customers, {then.sum():,.0f} spent in {(end - cut) // DAY} days")
        guesses = {"expected spend": value.spend[seen], "last year's spend": year, "last quarter's": recent}
        for name, guess in guesses.items():
            top = np.argsort(-guess, kind="stable")[: len(guess) // 10]
            print(
                f"  {name:18s} rank correlation {spearmanr(guess, then).statistic:.3f}   "
                f"top tenth brought {then[top].sum() / then.sum():.3f}   sum {guess.sum():12,.0f}"
            )
        came = then > 0
        alive = value.alive[seen]
        print(
            "  alive, by fifths: "
            + "  ".join(
                f"{alive[i].mean():.2f} came {came[i].mean():.2f}" for i in np.array_split(np.argsort(alive), 5)
            )
        )


if __name__ == "__main__":
    main()
