"""Some customers worth trying the demo shop as: found by what they are, described and never named."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.demo_shop.customers import Customers
from training.demo_shop.kinds import DEPARTMENTS
from training.demo_shop.planted import customer_id
from training.demo_shop.settings import DAYS, HORIZON
from training.demo_shop.shop import Shop, first_customers


def shoppers(shop: Shop) -> list[dict[str, str]]:
    """Up to six customers as `{customer_id, label, text}`, and last somebody whom the shop does not know."""
    crowd, regulars = first_customers(shop)
    n_habits = np.bincount(regulars.customer, minlength=len(crowd))
    found: list[dict[str, str]] = []
    for label, text, score in _wanted(crowd, n_habits):
        best = int(np.argmax(score))
        if score[best] > 0:
            found.append({"customer_id": _id(crowd, best), "label": label, "text": text})
    stranger = {"customer_id": "new-customer", "label": "Somebody new", "text": "The shop has never seen them."}
    return [*found, stranger]


def _wanted(crowd: Customers, n_habits: np.ndarray[Any, Any]) -> list[tuple[str, str, np.ndarray[Any, Any]]]:
    """(label, text, score per customer) of each sort of shopper; the highest score plays it, none at 0."""
    day = HORIZON / DAYS
    person = ~crowd.business & ~crowd.guest
    here = crowd.ends >= HORIZON
    old = here & (crowd.begins < 0.3 * HORIZON)
    share = {name: crowd.taste[:, index] for index, name in enumerate(DEPARTMENTS)}
    busy = np.minimum(crowd.rate, 12.0)
    cafe = crowd.business & (share["Coffee & Tea"] > 0.5)
    guesthouse = crowd.business & (share["Home"] > 0.2)
    return [
        (
            "A coffee regular",
            "At home, orders beans before they run out.",
            (person & old & (n_habits > 1)) * busy * share["Coffee & Tea"],
        ),
        (
            "A keen gardener",
            "Sows in March, waters all summer.",
            (person & old) * busy * share["Garden"],
        ),
        (
            "Just moved in",
            "A new flat and an empty kitchen.",
            (
                person
                & here
                & crowd.moving_in
                & (crowd.begins > HORIZON - 75 * day)
                & (crowd.begins < HORIZON - 20 * day)
            )
            * (share["Kitchen"] + share["Table"] + 0.01),
        ),
        (
            "A café",
            "Buys for its bar, by the dozen.",
            (cafe & old) * busy * n_habits,
        ),
        (
            "A guesthouse",
            "Towels, soap and candles for nine rooms.",
            (guesthouse & old) * busy * n_habits,
        ),
        (
            "Not seen for long",
            "Was here often, then stayed away.",
            (person & (crowd.ends < 0.7 * HORIZON) & (crowd.begins < 0.1 * HORIZON)) * busy,
        ),
    ]


def _id(crowd: Customers, row: int) -> str:
    return customer_id(int(crowd.number[row]), business=bool(crowd.business[row]))
