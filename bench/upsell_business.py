"""Businesses and private buyers: do upsells learnt apart foretell trade-ups better than those learnt together?

    python bench/upsell_business.py online_retail_ii/orders.parquet

Everything is learnt from the first 90 % of the orders, once from everybody and once from each segment alone; asked are
the trade-ups of each segment in the last tenth: where stands the dearer item that was chosen? Kinds come from titles
where the shop has no categories. nDCG@5 of one sought item is 1 / log2(1 + place) within five places. Intervals: 1,000
resamples of items, paired.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.records import ItemVectors
from training.accounts import shoppers, without
from training.business import business, takes
from training.cards import Assortment, assortment
from training.evaluation.split import cut, first
from training.pipeline import learn_upsells
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.records import Orders
from training.settings import TrainSettings
from training.upsell.purchases import Steps, purchases
from training.upsell.successions import trade_ups

FEWEST = 100
DATA = Path(__file__).parents[2] / "shared" / "data"


def steps_of(vectors: ItemVectors) -> tuple[Steps, NDArray[np.int64]]:
    """Every step listed, by item, then better, and its place in the item's list, from 1."""
    item = np.repeat(np.arange(vectors.n_items), np.diff(vectors.indptr))
    place = np.arange(len(item)) - vectors.indptr[item] + 1
    order = np.lexsort((vectors.item, item))
    return Steps(item[order], vectors.item[order].astype(np.int64), vectors.n_items), place[order]


def gains(vectors: ItemVectors, sought: Steps, taken: NDArray[np.float64]) -> NDArray[np.float64]:
    """Per item the sum over what was chosen of 1 / log2(1 + place) within five places."""
    steps, place = steps_of(vectors)
    at = steps.find(sought.item, sought.better)
    where = np.where(at >= 0, place[np.maximum(at, 0)], 99)
    worth = np.where(where <= 5, 1 / np.log2(1 + where), 0) * taken
    return np.bincount(sought.item, weights=worth, minlength=sought.n_items)


def chosen(orders: Orders, start: int, shelf: Assortment, kin: Steps, who: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How often the customers of a segment took each step after the past ended."""
    theirs = dataclasses.replace(orders, customer=np.where(who[orders.customer], orders.customer, -1).astype(np.int32))
    n, item_map = len(shelf.items), shelf.bought
    past, whole = (purchases(theirs, item_map, n, end) for end in (start, orders.n_orders))
    return trade_ups(past, whole, np.zeros(n, dtype=np.int64), kin)


def main() -> None:
    """Print a line per segment."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("orders", nargs="?", default="online_retail_ii/orders.parquet", help="within shared/data")
    parser.add_argument("--above", type=float, help="a business takes so many times what others do (default: the rule)")
    args = parser.parse_args()
    if not (DATA / args.orders).exists():
        raise SystemExit(f"{args.orders} is not among the shared data")
    orders, _ = read_orders([DATA / args.orders], ReadOptions(), None)
    orders = shoppers(orders, TrainSettings().robot_factor).orders
    start = cut(orders.n_orders, 0.9)
    past = first(orders, start)
    shelf = assortment(past, None)
    segment = business(past) > 0 if args.above is None else takes(past) > args.above
    settings = dataclasses.replace(TrainSettings(), upgrades=1000)
    pooled = learn_upsells(past, shelf, settings)
    kin, _ = steps_of(pooled)
    # A guest's number is -1: the last place, which is of no segment.
    for name, who in (("businesses", np.append(segment, False)), ("private buyers", np.append(~segment, False))):
        others = ~who[past.customer] & (past.customer >= 0)
        taken = chosen(orders, start, shelf, kin, who)
        share = float(who[past.customer].mean())
        print(f"{name}: {int(who.sum())} accounts, {share:.1%} of orders, {int(taken.sum())} trade-ups asked", end="; ")
        if taken.sum() < FEWEST:
            print("too few to tell")
            continue
        apart = learn_upsells(without(past, others), shelf, settings)
        ours, theirs = (gains(vectors, kin, taken) for vectors in (pooled, apart))
        asked = np.flatnonzero(np.bincount(kin.item, weights=taken, minlength=kin.n_items) > 0)
        draws = np.random.default_rng(1).integers(0, len(asked), (1000, len(asked)))
        ratio = theirs[asked][draws].sum(axis=1) / np.maximum(ours[asked][draws].sum(axis=1), 1e-12) - 1
        low, high = np.quantile(ratio, (0.025, 0.975))
        print(
            f"nDCG@5 together {ours.sum() / taken.sum():.4f}, apart {theirs.sum() / taken.sum():.4f} "
            f"({theirs.sum() / ours.sum() - 1:+.1%} [{low:+.1%}, {high:+.1%}])"
        )


if __name__ == "__main__":
    main()
