"""Product pages with their shelves as Markdown, for a merchant's eye.

    python bench/shelves.py --models models/trained --pages 10

Pages are spread evenly over the items that were sold, from the best seller down, so that rare items show as well.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from models.money import format_price
from models.registry import Registry
from recsvc.ranking import Pick
from recsvc.shelves import Ask, recommend
from recsvc.store.snapshot import VersionSnapshot


def main() -> None:
    """Print the pages."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--version", help="default: the newest")
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--places", type=int, default=6)
    args = parser.parse_args()
    registry = Registry(args.models)
    snapshot = VersionSnapshot(registry.open(args.version or registry.names()[0]))
    sold = np.flatnonzero(snapshot.facts.recent > 0)
    ranked = sold[np.argsort(-snapshot.facts.recent[sold], kind="stable")]
    # Even steps on a logarithmic scale of rank: a best seller, …, an item that hardly sells.
    places = np.unique(np.geomspace(1, len(ranked), args.pages).round().astype(int)) - 1
    for item in ranked[places].tolist():
        page(snapshot, item, args.places)


def page(snapshot: VersionSnapshot, item: int, places: int) -> None:
    """Print one product page."""
    print(f"\n### {label(snapshot, item)}, in {snapshot.facts.orders.item(item):,} orders\n")
    ask = Ask(
        item_ids=tuple(snapshot.item_ids([item])),
        types=("cross_sell", "upsell"),
        n=places,
        exclude=(),
        low=None,
        high=None,
        in_stock=True,
        customer_id=None,
        purchased="exclude",
        fallback=True,
        explain=True,
        fields=(),
        private=False,
    )
    for shelf, filled in recommend(snapshot, ask, 2).shelves.items():
        print(f"{shelf}: " + (filled.empty_reason or ""))
        for pick in filled.picks:
            print(f"- {label(snapshot, pick.item)} {evidence(pick, shelf)}")


def label(snapshot: VersionSnapshot, item: int) -> str:
    """Title and price of an item."""
    card = json.loads(snapshot.cards([item])[0])
    price = snapshot.facts.price.item(item)
    title = card.get("title") or f"item {snapshot.item_ids([item])[0]}"
    return f"{title}{f' ({format_price(price)})' if price > 0 else ''}"


def evidence(pick: Pick, shelf: str) -> str:
    """What proves a pick: orders that hold both; for an upsell, customers who chose it later."""
    if pick.fallback:
        return f"— {pick.fallback}"
    counted = "together in" if shelf == "cross_sell" else "chosen later by"
    return f"— {counted} {pick.together}" if pick.together else ""


if __name__ == "__main__":
    main()
