"""Next baskets beside tuned peers: `python bench/next_basket.py --shop tafeng|complete_journey|online_retail_ii`.

The protocol is that of `recsvc evaluate --picks`, over several seeds; customers of all seeds are put together for the
intervals. Ta-Feng comes cut and with a published split of customers, which `--seeds` without a number uses.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path

import numpy as np

from recsvc.cli.progress import Reporter
from recsvc.cli.protocols import PICKS
from training.cards import assortment
from training.evaluation.picks.judge import Judged, judge
from training.evaluation.picks.report import marks_in, report_of
from training.evaluation.picks.split import Split, judged, split, split_as
from training.evaluation.text import as_text
from training.next_basket.ranker import Learning
from training.next_basket.visits import Visits, visits_of
from training.readers.catalogue import read_catalogue
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.records import Orders

DATA = Path(__file__).parents[2] / "shared" / "data"
FILES = {
    "tafeng": ("tafeng_next_basket/orders.parquet", None),
    "complete_journey": ("complete_journey/orders.parquet", "complete_journey/catalogue.parquet"),
    "online_retail_ii": ("online_retail_ii/orders.parquet", None),
}


def published(orders: Orders, visits: Visits, path: Path) -> Split:
    """The split that comes with Ta-Feng: nothing is left out, so customers stand as in the orders."""
    parts = json.loads(path.read_text("utf-8"))
    train, validation, test = (
        np.sort([orders.customers.find(name) for name in parts[part]]) for part in ("train", "val", "test")
    )
    return split_as(visits, train, validation, test)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shop", choices=tuple(FILES), required=True)
    parser.add_argument(
        "--seeds", type=int, nargs="*", default=[0, 1, 2, 3, 4], help="none: the split that is published"
    )
    parser.add_argument("--against", default=",".join(PICKS.against))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="of the ranker's learning")
    args = parser.parse_args()
    source, listed = FILES[args.shop]
    if not (DATA / source).exists():
        raise SystemExit(f"{DATA / source} is not here")
    with Reporter() as progress:
        orders, _ = read_orders([DATA / source], ReadOptions(), None, progress)
        catalogue = read_catalogue(DATA / listed, ReadOptions())[0] if listed else None
        marks = marks_in(orders, assortment(orders, catalogue))
        every = visits_of(orders, np.arange(len(orders.items), dtype=np.int32), len(orders.items))
        if args.seeds:
            visits = judged(every)
            splits = [split(visits, seed) for seed in args.seeds]
        else:
            splits = [published(orders, every, DATA / "tafeng_next_basket" / "users_fold0.json")]
        types = {field.name: type(field.default) for field in dataclasses.fields(Learning)}
        given = dict(pair.split("=") for pair in args.set)
        learning = Learning(**{name: types[name](value) for name, value in given.items()})
        began = time.process_time()
        against = [name for name in args.against.split(",") if name]
        rounds = [judge(one, marks, learning, against, threads=args.threads, progress=progress) for one in splits]
    together = [
        Judged(same[0].method, same[0].setting, np.concatenate([one.rows for one in same]))
        for same in zip(*rounds, strict=True)
    ]
    print(as_text(report_of(together, seed=args.seeds[0] if args.seeds else -1)))
    for number, each in enumerate(rounds):
        print(number, {one.method: round(float(one.rows[:, 0].mean()), 4) for one in each})
    print(f"{time.process_time() - began:.0f} s of processor time, peers and all")


if __name__ == "__main__":
    main()
