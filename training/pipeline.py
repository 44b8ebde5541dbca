"""The nightly street: orders and catalogue → baskets → vectors, bestsellers, histories → a model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from models.model import Model
from models.personal import PERSONAL
from models.records import CART, CROSS_SELL, UPSELL, ItemFacts, ItemVectors, Shop
from models.replenish import REPLENISH_WEIGHTS
from models.stored import store_vectors
from training import personal
from training.accounts import shoppers, votes
from training.baskets import Families, ages, basket_matrix, decay, families
from training.cards import Assortment, assortment
from training.complements import complements
from training.evaluation.split import cut, first
from training.evidence import cart_vectors_of, evidence_of, smoothing_of, trade_of
from training.histories import bought_again, buyers, histories
from training.links import linked_vectors
from training.next_lists import next_lists
from training.popularity import bestsellers, variants
from training.records import Catalogue, Orders
from training.rerank.door import reranked
from training.rerank.snapshots import goods_of
from training.rhythm.fill import with_rhythms
from training.settings import TrainSettings
from training.titles import stems
from training.upsell import Ladder, Said, upsells
from training.upsell.margin import margins

Progress = Callable[[str, float], None]
"""Called with a stage's name and the share of it that is done."""


def build_model(
    orders: Orders,
    catalogue: Catalogue | None,
    settings: TrainSettings,
    *,
    currency: str | None = None,
    threads: int = 0,
    progress: Progress = lambda _stage, _share: None,
) -> Model:
    """Train on all orders. Same orders, catalogue and settings give the same arrays, for any number of threads.

    Args:
        orders: the baskets.
        catalogue: what the shop says of its items, or None.
        settings: every choice.
        currency: ISO 4217 code, where the catalogue does not name one.
        threads: for the co-occurrence, 0 = all cores.
        progress: hears of each stage.
    """
    model = _learn(orders, catalogue, settings, currency, threads, progress, whole=True)
    start = cut(orders.n_orders, personal.WINDOW)
    if not orders.timed or not settings.personal_questions or not start or not len(orders.customers):
        return model
    progress("personal", 0.0)
    silent: Progress = lambda _stage, _share: None  # noqa: E731  # one line is what it is
    plain = dataclasses.replace(settings, picks=0, rerank=0)
    past = _learn(first(orders, start), catalogue, plain, currency, threads, silent, whole=False)
    shelf = assortment(orders, catalogue)
    baskets = basket_matrix(orders, shelf.bought, families(shelf.family))
    weights = personal.learn(past, orders, baskets, start, settings)
    return dataclasses.replace(model, settings={**model.settings, PERSONAL: weights}) if weights else model


def _learn(
    orders: Orders,
    catalogue: Catalogue | None,
    settings: TrainSettings,
    currency: str | None,
    threads: int,
    progress: Progress,
    *,
    whole: bool,
) -> Model:
    """Everything but the weights of personal shelves, which need a model of the past to be learnt from."""
    progress("join", 0.0)
    shelf = assortment(orders, catalogue)
    family = families(shelf.family)
    heard = shoppers(orders, settings.robot_factor)
    learnt = heard.orders

    progress("baskets", 0.0)
    baskets = basket_matrix(learnt, shelf.bought, family)
    recent = _recent_items(learnt, shelf, settings.popular_half_life_share)
    by_family = variants(recent, family.of_item, family.count)
    leader = by_family.item[by_family.indptr[:-1]]

    progress("cross_sell", 0.0)
    trade = trade_of(heard, baskets, shelf, leader)
    evidence = evidence_of(trade, settings)
    support = settings.min_support
    cross_sell = complements(
        evidence, settings.neighbours, smoothing_of(settings), min_support=support, threads=threads
    )
    progress("rerank", 0.0)
    anew = reranked(
        cross_sell,
        lambda: goods_of(learnt, baskets, shelf, family),
        trade,
        evidence,
        leader,
        settings,
        threads=threads,
        progress=progress,
    )
    vectors = {CROSS_SELL: store_vectors(expand(anew.lists, family, leader))}
    if settings.cart_neighbourhood:
        progress("cart", 0.0)
        cart = cart_vectors_of(evidence, settings)
        vectors[CART] = store_vectors(expand(cart, family, leader))
    if whole:
        progress("upsell", 0.0)
        vectors[UPSELL] = store_vectors(learn_upsells(learnt, shelf, settings))
        vectors |= linked_vectors(catalogue.links, shelf.items, family) if catalogue else {}
    progress("customers", 0.0)
    known = with_rhythms(
        histories(orders, shelf.bought, settings.habit_half_life_share),
        orders,
        shelf.bought,
        family.of_item,
        shelf.category[leader],
    )
    again = bought_again(known.customers, len(shelf.items), settings.consumable_share, settings.consumable_buyers)
    following, ranked_by = next_lists(orders, shelf, family, leader, settings, threads=threads, progress=progress)
    in_orders = np.bincount(baskets.indices, minlength=family.count).astype(np.uint32)
    return Model(
        items=shelf.items,
        facts=ItemFacts(
            price=shelf.price,
            orders=in_orders[family.of_item],
            recent=recent.astype(np.float32),
            category=shelf.category,
            family=family.of_item,
            stem=stems(shelf.titles),
            consumable=np.where(shelf.consumable >= 0, shelf.consumable == 1, again).astype(np.uint8),
            in_stock=shelf.in_stock,
            interval_days=known.interval_days,
            repeat=known.repeat,
            buyers=buyers(learnt, family.of_item[shelf.bought], family.count)[family.of_item],
        ),
        cards=shelf.cards,
        categories=shelf.categories,
        vectors=vectors,
        bestsellers=bestsellers(recent, shelf.category, len(shelf.categories), settings.bestsellers),
        variants=by_family,
        customers=dataclasses.replace(known.customers, next=following),
        shop=_shop(orders, shelf, (catalogue.currency if catalogue else None) or currency or orders.currency),
        settings=dataclasses.asdict(settings)
        | {REPLENISH_WEIGHTS: known.weights.tolist(), "picks_ranker": ranked_by, "reranked": anew.told},
    )


def learn_upsells(orders: Orders, shelf: Assortment, settings: TrainSettings) -> ItemVectors:
    """Upsell vectors of all items, learnt between families at the price of the variant that sells most.

    A variant lists what is dearer than itself within the band, whatever its siblings cost.
    """
    family = families(shelf.family)
    recent = _recent_items(orders, shelf, settings.popular_half_life_share)
    by_family = variants(recent, family.of_item, family.count)
    leader = by_family.item[by_family.indptr[:-1]]
    brands = {name: number for number, name in enumerate(sorted({*shelf.brands} - {""}))}
    said = Said(
        titles=[shelf.titles[item] for item in leader.tolist()],
        brand=np.array([brands.get(shelf.brands[item], -1) for item in leader.tolist()], dtype=np.int64),
        category=shelf.category[leader],
        price=shelf.price[leader],
        recent=np.bincount(family.of_item, weights=recent, minlength=family.count).astype(np.float64),
        worth=margins(shelf.price, shelf.cost)[leader] if settings.upsell_margin else None,
    )
    ladder = Ladder(
        k=settings.upgrades,
        min_ratio=settings.upsell_min_ratio,
        max_ratio=settings.upsell_max_ratio,
        same_kind=settings.upsell_same_kind,
        min_trade_ups=settings.upsell_min_trade_ups,
        lost=settings.upsell_lost,
        power=settings.upsell_gain_power,
    )
    vectors = expand(upsells(orders, family.of_item[shelf.bought], said, ladder), family, leader)
    row = np.repeat(np.arange(vectors.n_items), np.diff(vectors.indptr))
    price = shelf.price.astype(np.float64)
    ratio = price[vectors.item] / np.where(price[row] > 0, price[row], np.inf)
    kept = (ratio >= settings.upsell_min_ratio) & (ratio <= settings.upsell_max_ratio)
    return ItemVectors(
        np.concatenate([[0], np.cumsum(np.bincount(row[kept], minlength=vectors.n_items))]).astype(np.int64),
        vectors.item[kept],
        vectors.score[kept],
        vectors.together[kept],
    )


def expand(vectors: ItemVectors, family: Families, leader: NDArray[np.int32]) -> ItemVectors:
    """Vectors between families as vectors between items: each variant has its family's row, which names the leaders.

    Args:
        vectors: n_families rows over families.
        family: the family of each item.
        leader: int32 (n_families,), the item that stands for each family.
    """
    if family.count == len(family.of_item):
        return vectors
    lengths = np.diff(vectors.indptr)[family.of_item]
    starts = vectors.indptr[:-1][family.of_item]
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    entries = np.repeat(starts - indptr[:-1], lengths) + np.arange(indptr[-1])
    row = np.repeat(np.arange(len(lengths)), lengths)
    item, score = leader[vectors.item[entries]], vectors.score[entries]
    order = np.lexsort((item, -score, row))
    return ItemVectors(indptr, item[order], score[order], vectors.together[entries][order])


def _recent_items(orders: Orders, shelf: Assortment, half_life: float) -> NDArray[np.float64]:
    """Share of what sells now, each item itself and not its family, in votes of accounts: (n_items,)."""
    shape = (orders.n_orders, len(shelf.items))
    lines = sp.csr_array((np.ones(len(orders.item)), shelf.bought[orders.item], orders.indptr), shape=shape)
    now = decay(ages(orders), half_life)
    mass = np.asarray(votes(lines, orders.customer).T @ now, dtype=np.float64)
    return mass / max(float(now.sum()), 1e-12)


def _shop(orders: Orders, shelf: Assortment, currency: str | None) -> Shop:
    first, last = (int(orders.time[0]), int(orders.time[-1])) if orders.timed else (None, None)
    return Shop(
        orders=orders.n_orders,
        items=len(shelf.items),
        customers=len(orders.customers),
        data_from=None if first is None else _iso(first),
        data_until=None if last is None else _iso(last),
        window_days=0 if first is None or last is None else (last - first) // 86_400 + 1,
        currency=currency,
    )


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
