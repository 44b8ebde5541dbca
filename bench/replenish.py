"""What is due, against a shop's later orders: our calls beside the simple rules, as many calls of each.

    python bench/replenish.py --validate
    python bench/replenish.py

A call says of one customer and item, bought on three days or more, when it is bought next. It is right if the next
purchase lies within 20 % of the customer's own mean interval of the day called, whichever rule called it. Every rule
may call as often as "own mean" does; its most certain calls count, ours by likelihood, the rules' by the number of
purchases. `--validate` judges the ninth tenth of the days, otherwise the last. Intervals: 1,000 resamples of customers.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.replenish import TOLERANCE, likelihood, terms
from training.cards import assortment
from training.readers.catalogue import read_catalogue
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.rhythm.days import Days, purchase_days
from training.rhythm.intervals import Habits, habits, rhythms
from training.rhythm.learning import next_purchase, replenish_weights

DATA = Path(__file__).parents[2] / "shared" / "data"
SHOPS = {
    "complete_journey": ("orders.parquet", "catalogue.parquet"),
    "online_retail": ("orders.csv.gz", None),
    "online_retail_ii": ("orders.parquet", None),
}
SPAN, FEWEST_DAYS, FEWEST_DAYS_APART = 0.1, 3, 4


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of one rule, most certain first: entries, and whether each came true."""

    entry: NDArray[np.int64]
    right: NDArray[np.bool_]


def load(shop: str) -> tuple[Days, NDArray[np.int32]]:
    """Purchases by day, and the category of each item."""
    orders_file, catalogue_file = SHOPS[shop]
    options = ReadOptions()
    catalogue = read_catalogue(DATA / shop / catalogue_file, options)[0] if catalogue_file else None
    orders, _ = read_orders([DATA / shop / orders_file], options, None)
    shelf = assortment(orders, catalogue)
    return purchase_days(orders, shelf.bought), shelf.category


def rules(days: Days, category: NDArray[np.int32], today: int, until: int) -> tuple[Habits, dict[str, Calls]]:
    """Every rule's calls on `today` for the days to `until`."""
    past = habits(days.before(today))
    found = rhythms(past, category)
    weights = replenish_weights(days.before(today), category)
    came = next_purchase(days, past, today)
    mean = np.maximum(past.mean, 1.0)
    slack = TOLERANCE * mean
    asked = (past.days >= FEWEST_DAYS) & (past.last - past.first >= FEWEST_DAYS_APART) & (past.gaps > 0)
    elapsed = (today - past.last).astype(np.float64)
    x = terms(past.days, np.maximum(found.own, 1.0), elapsed, found.repeat[past.item])
    often = past.days.astype(np.float64)
    usual = _of_item(found.item, past, mean)

    def called(due: NDArray[np.float64], certainty: NDArray[np.float64]) -> Calls:
        entry = np.flatnonzero(asked & (due >= today) & (due + slack < until))
        entry = entry[np.argsort(-certainty[entry], kind="stable")]
        return Calls(entry, np.abs(came - due)[entry] <= slack[entry])

    now = today + slack
    return past, {
        "own mean interval": called(past.last + mean, often),
        "own mean, overdue now": called(np.maximum(past.last + mean, now), often),
        "item's interval": called(past.last + usual, often),
        "item's, overdue now": called(np.maximum(past.last + usual, now), often),
        "recsvc": called(np.maximum(past.last + found.own, now), likelihood(weights, x)),
    }


def _of_item(interval: NDArray[np.float64], past: Habits, mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """The item's own interval where it has one, else the customer's."""
    return np.where(interval[past.item] > 0, interval[past.item], mean)


def resampled(customer: NDArray[np.int32], ours: Calls, rule: Calls, places: int) -> NDArray[np.float64]:
    """Relative gains of precision, one per resample of customers."""
    rng = np.random.default_rng(0)
    count = int(customer.max()) + 1
    tables = [
        np.stack(
            [np.bincount(customer[c.entry[:places]], weights=w, minlength=count) for w in (c.right[:places], None)]
        )
        for c in (ours, rule)
    ]
    gains = []
    for _ in range(1_000):
        drawn = np.bincount(rng.integers(count, size=count), minlength=count)
        (hit, all_), (rule_hit, rule_all) = (table @ drawn for table in tables)
        gains.append((hit / all_) / (rule_hit / rule_all) - 1)
    return np.array(gains)


def main() -> None:
    """Print a table per shop."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validate", action="store_true", help="judge the ninth tenth of the days")
    parser.add_argument("shops", nargs="*", default=list(SHOPS))
    args = parser.parse_args()
    for shop in args.shops:
        days, category = load(shop)
        first, span = int(days.day.min()), int(days.day.max()) - int(days.day.min()) + 1
        share = 0.8 if args.validate else 0.9
        today = first + int(share * span)
        past, made = rules(days, category, today, first + int((share + SPAN) * span) + 1)
        places = len(made["own mean interval"].entry)
        print(f"\n{shop}: {places:,} calls each of {len(past):,} customers' items")
        best = max((r for r in made if r != "recsvc"), key=lambda r: made[r].right[:places].mean())
        for rule, calls in made.items():
            certain = calls.right[: places // 5].mean()
            note = ""
            if rule == best:
                gains = resampled(past.customer, made["recsvc"], calls, places)
                low, high = np.percentile(gains, [2.5, 97.5])
                mean = made["recsvc"].right[:places].mean() / calls.right[:places].mean() - 1
                note = f"   recsvc {mean:+.1%} [{low:+.1%}, {high:+.1%}]"
            print(
                f"  {rule:24s} could call {len(calls.entry):7,}  right {calls.right[:places].mean():.3f}  "
                f"surest fifth {certain:.3f}{note}"
            )


if __name__ == "__main__":
    main()
