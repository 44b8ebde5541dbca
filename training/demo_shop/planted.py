"""The truth that was planted in a demo shop, as plain JSON values."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.demo_shop.baskets import TRADE_UP_CHANCE
from training.demo_shop.customers import JITTER
from training.demo_shop.goods import item_id
from training.demo_shop.kinds import KINDS, PEAK_FACTOR
from training.demo_shop.merchant import links
from training.demo_shop.settings import CURRENCY, DAYS, FIRST_DAY, TREND_DAYS
from training.demo_shop.shop import Shop, first_customers

MOST_LISTED = 5_000
"""Of each sort of truth at most so many entries are written, those of the best known families first."""


def planted(shop: Shop) -> dict[str, Any]:
    """What a trained version ought to find again, by sort; an entry's `item_id` is the first item of its family."""
    families = shop.families
    known = np.lexsort((np.arange(len(families)), families.place))  # best known first
    return {
        "seed": shop.seed,
        "items": len(shop.items),
        "families": len(families),
        "currency": CURRENCY,
        "from": _day(0),
        "until": _day(DAYS),
        "complements": [
            {
                "family": family_id(int(f)),
                "item_id": _leader(shop, int(f)),
                "complement_family": family_id(int(families.partner[f, slot])),
                "complement_id": _leader(shop, int(families.partner[f, slot])),
                "chance": round(float(families.partner_chance[f, slot]), 3),
            }
            for f in known[:MOST_LISTED]
            for slot in range(families.partner.shape[1])
            if families.partner[f, slot] >= 0
        ],
        "trade_ups": [
            {
                "family": family_id(int(f)),
                "item_id": _leader(shop, int(f)),
                "better_family": family_id(int(families.better[f])),
                "better_id": _leader(shop, int(families.better[f])),
                "chance": TRADE_UP_CHANCE,
            }
            for f in known[:MOST_LISTED]
            if families.better[f] >= 0
        ],
        "links": [
            {"kind": kind, "item_id": item_id(source), "target_id": item_id(target)}
            for kind, source, target in links(shop)
        ],
        "rhythms": _rhythms(shop),
        "seasons": [
            {"category": kind.category, "months": list(kind.peak), "factor": PEAK_FACTOR}
            for kind in KINDS[: shop.size.kinds]
            if kind.peak
        ],
        "trend": {
            "family": family_id(shop.families.trend),
            "item_id": _leader(shop, shop.families.trend),
            "from": _day(TREND_DAYS[0]),
            "until": _day(TREND_DAYS[1]),
        },
        "new_items": [
            {"item_id": item_id(i), "since": _day(int(families.launch[shop.items.family[i]]))}
            for i in np.flatnonzero(families.launch[shop.items.family] > 0)[:MOST_LISTED].tolist()
        ],
        "robots": [
            {
                "customer_id": customer_id(number),
                "item_ids": [item_id(i) for i in pair],
                "orders": shop.size.robot_orders,
            }
            for number, pair in shop.odd.robots.items()
        ],
        "wholesaler": {"customer_id": customer_id(shop.odd.wholesaler, business=True)},
    }


def family_id(family: int) -> str:
    """The family's id in the catalogue."""
    return f"F{family + 1:06d}"


def customer_id(number: int, *, business: bool = False) -> str:
    """A customer's id in the orders."""
    return f"{'B' if business else 'C'}{number + 1:06d}"


def _rhythms(shop: Shop) -> list[dict[str, Any]]:
    """The habits of the first customers."""
    crowd, regulars = first_customers(shop)
    rows = zip(regulars.customer[:MOST_LISTED].tolist(), regulars.family, regulars.interval, strict=False)
    return [
        {
            "customer_id": customer_id(int(crowd.number[row]), business=bool(crowd.business[row])),
            "family": family_id(int(family)),
            "interval_days": round(float(interval), 1),
            "jitter": JITTER,
        }
        for row, family, interval in rows
    ]


def _leader(shop: Shop, family: int) -> str:
    """The first item of a family stands for it."""
    return item_id(int(shop.families.first[family]))


def _day(day: int) -> str:
    return str((FIRST_DAY + np.timedelta64(day, "D")).astype("datetime64[D]"))
