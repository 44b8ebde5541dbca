"""Upsell on a real shop's later orders: our lists beside the rules that shops use, each tuned, in one run.

    python bench/upsell.py --groups product_type --validate
    python bench/upsell.py --groups product_type

A query is a customer and the item A that they had bought last among the cheaper ones of its group; relevant is every
item B of the group, dearer by 5 to 200 %, that the customer then buys for the first time in the window. Prices come
from before the window. `--validate` looks at 80–90 % of the orders, otherwise at the last tenth. Intervals: 1,000
resamples of customers, paired.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.cards import assortment
from training.evaluation.split import first
from training.evaluation.trade_ups import Past, Questions, Scores, measure, questions
from training.evaluation.upsell_peers import PEERS
from training.pipeline import learn_upsells
from training.readers.catalogue import read_catalogue
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.records import Catalogue, Orders
from training.settings import TrainSettings

DATA = Path(__file__).parents[2] / "shared" / "data" / "complete_journey"
NAMES = {"hit_rate": "HR@5", "ndcg": "nDCG@5", "mrr": "MRR", "revenue": "rev@5", "ratio": "ratio"}
"""The first of `MEASURES`: these shops have no costs."""


def baselines(past: Past, *, tune: bool) -> dict[str, Scores]:
    """The rules; with `tune` all settings of those that have some, else those that won on the validation window."""
    won = {"recent-popularity": {"half_life": 0.1}, "same-customers": {"half_life": 0.1, "belief": 160.0}}
    found: dict[str, Scores] = {}
    for name, (maker, grid) in PEERS.items():
        for parameters in grid if tune else [won.get(name, grid[0])]:
            found[f"{name} {tuple(parameters.values()) or ''}"] = maker(past, parameters)
    return found


def ours(past: Past, catalogue: Catalogue, settings: TrainSettings) -> tuple[Scores, dict[int, dict[int, float]]]:
    """Our lists, as scores; items that are not listed get none."""
    shelf = assortment(past.orders, catalogue)
    vectors = learn_upsells(past.orders, shelf, settings)
    here = np.full(len(shelf.items), -1)
    here[shelf.bought] = np.arange(len(shelf.bought))
    learnt = {}
    for item, at in enumerate(shelf.bought.tolist()):
        row = vectors.row(at)
        learnt[item] = dict(zip(here[vectors.item[row]].tolist(), vectors.score[row].tolist(), strict=True))
    return lambda a, c: np.array([learnt[a].get(j, -np.inf) for j in c.tolist()]), learnt


def calibration(
    learnt: dict[int, dict[int, float]], orders: Orders, asked: Questions
) -> list[tuple[int, float, float]]:
    """(steps, predicted, observed acceptance per owner) in ten bins of predicted acceptance."""
    line = np.repeat(np.arange(orders.n_orders), np.diff(orders.indptr))
    pairs = np.unique(orders.customer[line].astype(np.int64) * len(orders.items) + orders.item)
    owners = np.bincount(pairs % len(orders.items), minlength=len(orders.items))
    taken: dict[tuple[int, int], int] = defaultdict(int)
    for (_, item), relevant in asked.items():
        for better in relevant:
            taken[item, better] += 1
    rows = np.array([(p, owners[i], taken.get((i, j), 0)) for i, row in learnt.items() for j, p in row.items()])
    bins = np.array_split(rows[np.argsort(rows[:, 0], kind="stable")], 10)
    return [(len(b), (b[:, 0] * b[:, 1]).sum() / b[:, 1].sum(), b[:, 2].sum() / b[:, 1].sum()) for b in bins]


def interval(rows: NDArray[np.float64], base: NDArray[np.float64], of: NDArray[np.int64]) -> tuple[float, float]:
    """95 % interval of the ratio of two means, customers resampled."""
    sums = np.stack([np.bincount(of, weights=side) for side in (rows, base)])
    draws = np.random.default_rng(1).multinomial(sums.shape[1], np.full(sums.shape[1], 1 / sums.shape[1]), 1000)
    top, bottom = draws @ sums[0], draws @ sums[1]
    return float(np.quantile(top / bottom, 0.025) - 1), float(np.quantile(top / bottom, 0.975) - 1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--groups", choices=("category", "product_type"), default="product_type")
    parser.add_argument("--brand", choices=("brand", "manufacturer_id"), default="brand")
    parser.add_argument("--validate", action="store_true", help="look at 80–90 %% of the orders, try all settings")
    parser.add_argument("--power", type=float, nargs="*", default=[0.0, 0.2, 0.3, 0.4, 0.5, 1.0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder with orders.parquet and catalogue.parquet")
    args = parser.parse_args()
    if not args.data.exists():
        raise SystemExit(f"{args.data} is not here: this needs the orders of complete_journey")
    columns = {"category": args.groups, "brand": args.brand}
    orders, _ = read_orders([args.data / "orders.parquet"], ReadOptions(), None)
    catalogue, _ = read_catalogue(args.data / "catalogue.parquet", ReadOptions(columns=columns))
    catalogue = dataclasses.replace(catalogue, price=np.full_like(catalogue.price, -1))  # it knows the future
    start, end = (int(orders.n_orders * share) for share in ((0.8, 0.9) if args.validate else (0.9, 1.0)))
    shelf = assortment(first(orders, start), catalogue)
    past = Past(first(orders, start), shelf.price[shelf.bought], shelf.category[shelf.bought].astype(np.int64))
    asked = questions(orders, start, end, past)
    candidates = {item: past.dearer(item) for item in sorted({item for _, item in asked})}
    print(f"{len(asked)} queries, {len(candidates)} items, {np.mean([len(c) for c in candidates.values()]):.0f} dearer")
    results = {}
    for name, scores in baselines(past, tune=args.validate).items():
        results[name] = measure(asked, past, candidates, scores)
    learnt = {}
    for power in args.power:
        began = time.process_time()
        scores, learnt[power] = ours(past, catalogue, dataclasses.replace(TrainSettings(), upsell_gain_power=power))
        print(f"learnt in {time.process_time() - began:.1f} s of one core")
        results[f"ours, price gain^{power}"] = measure(asked, past, candidates, scores)
    best = max((name for name in results if not name.startswith("ours")), key=lambda name: results[name][:, 1].mean())
    of = np.unique([customer for customer, _ in asked], return_inverse=True)[1]
    print(f"| {'method':<36} | " + " | ".join(NAMES.values()) + f" | nDCG@5 and rev@5 against {best} |")
    for name, rows in results.items():
        cells = " | ".join(f"{value:.4f}" for value in np.nanmean(rows[:, : len(NAMES)], axis=0))
        ratios = [
            f"{rows[:, at].mean() / results[best][:, at].mean() - 1:+.1%} [{low:+.1%}, {high:+.1%}]"
            for at in (1, 3)
            for low, high in [interval(rows[:, at], results[best][:, at], of)]
        ]
        print(f"| {name:<36} | {cells} | {', '.join(ratios)} |")
    if 0.0 in learnt:
        bins = calibration(learnt[0.0], past.orders, asked)
        print("\n".join(f"{n} steps: predicted {p:.5f}, observed {o:.5f}" for n, p, o in bins))


if __name__ == "__main__":
    main()
