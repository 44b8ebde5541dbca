"""From the shop's baskets to what cross-selling learns from: who weighs how much, what is popular, what is rising."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from models.records import ItemVectors
from training.accounts import Shoppers, votes, vouchers
from training.baskets import ages, anchor_window, basket_weights, decay
from training.cards import Assortment
from training.complements import Evidence, Smoothing
from training.popularity import popularity, trend
from training.ridge import Ridge, cart_vectors
from training.settings import TrainSettings
from training.worth import worth


@dataclass(frozen=True, slots=True, eq=False)
class Trade:
    """Baskets and what is known of them, before any setting weighs them.

    Attributes:
        baskets: csr_array (n_orders, n_items) of ones, by time.
        voted: csr_array (n_orders, n_items), what each entry counts for where popularity is asked: `accounts.votes`.
        age: float64 (n_orders,), share of the time span, 0 the newest.
        account: int32 (n_orders,), -1 for a guest.
        day: int64 (n_orders,), days since 1970-01-01; -1 where orders carry no time.
        influence: float64 (n_orders,), what the account lets each basket weigh, > 0.
        category: int32 (n_items,), -1 for none.
        price, cost: int64 (n_items,), ten-thousandths, 0 or below where unknown.
        timed: whether orders carry times.
    """

    baskets: sp.csr_array
    voted: sp.csr_array
    age: NDArray[np.float64]
    account: NDArray[np.int32]
    day: NDArray[np.int64]
    influence: NDArray[np.float64]
    category: NDArray[np.int32]
    price: NDArray[np.int64]
    cost: NDArray[np.int64]
    timed: bool


def trade_of(shoppers: Shoppers, baskets: sp.csr_array, shelf: Assortment, leader: NDArray[np.int32]) -> Trade:
    """The record.

    Args:
        shoppers: whose orders these are.
        baskets: csr_array (n_orders, n_families), the same orders.
        shelf: what is said of items.
        leader: int32 (n_families,), the item that speaks for each family.
    """
    orders = shoppers.orders
    return Trade(
        baskets=baskets,
        voted=votes(baskets, orders.customer),
        age=ages(orders),
        account=orders.customer,
        day=orders.time // 86_400,
        influence=shoppers.influence,
        category=shelf.category[leader],
        price=shelf.price[leader],
        cost=shelf.cost[leader],
        timed=orders.timed,
    )


def evidence_of(trade: Trade, settings: TrainSettings) -> Evidence:
    """Weigh the baskets as the settings say; those of one item say nothing of pairs and are left out."""
    sizes = np.diff(trade.baskets.indptr)
    pairs = sizes > 1
    mean_size = float(sizes[pairs].mean()) if pairs.any() else 0.0

    def popular(half_life: float) -> NDArray[np.float64]:
        weights = basket_weights(sizes, decay(trade.age, half_life), settings.size_discount)
        return popularity(trade.voted, trade.influence * weights)

    influence, paired = trade.influence[pairs], trade.baskets[pairs]
    decayed = decay(trade.age[pairs], settings.half_life_share)
    weights = influence * basket_weights(sizes[pairs], decayed, settings.size_discount)
    # The unit of δ and κ is the mean weight, in which nobody counts for more than their influence.
    unit = weights.sum() / influence.sum() if len(weights) else 1.0
    rising = trend(popular(settings.trend_half_life_share), popular(settings.half_life_share), settings.trend)
    value = worth(trade.price, trade.cost, settings)
    windowed = trade.timed and settings.anchor_window > 0
    return Evidence(
        baskets=paired,
        weights=(weights / unit).astype(np.float32),
        anchor_weights=anchor_window(paired, settings.anchor_window, influence) if windowed else None,
        popular=mean_size * popular(settings.popular_half_life_share),
        # A factor per companion like the trend: ranked and cut by what a place brings.
        trend=rising if value is None else rising * value,
        category=trade.category,
        supporters=vouchers(trade.account, trade.day, settings.support_days)[pairs],
        # Each account's entries of an item add up to one vote.
        worth=value,
        buyers=np.rint(np.asarray(trade.voted.sum(axis=0))).astype(np.int64),
    )


def smoothing_of(settings: TrainSettings) -> Smoothing:
    """δ, κ₁ and κ₂ of the settings."""
    return Smoothing(settings.discount, settings.category_prior, settings.popular_prior)


def cart_vectors_of(evidence: Evidence, settings: TrainSettings) -> ItemVectors:
    """The cart model learnt from the evidence; its neighbourhood is 1 or more."""
    return cart_vectors(
        evidence.baskets,
        evidence.weights,
        settings.neighbours,
        Ridge(settings.cart_neighbourhood, settings.cart_ridge, settings.cart_min_baskets, settings.min_support),
        evidence.supporters,
        evidence.worth,
    )
