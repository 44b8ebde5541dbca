"""Everything the trainer may choose, in one record; `recsvc train --config FILE` reads it from TOML."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path


class SettingsError(ValueError):
    """A setting that does not exist or has a value that makes no sense; the message names it."""


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """How a version is trained. All of it is hashed into the version.

    Attributes:
        neighbours: entries per cross_sell vector, 1–1000.
        upgrades: entries per upsell vector, 1–1000.
        min_support: customers (each guest order one) who must have bought both items in one basket before the pair
            counts as evidence, ≥ 1.
        support_days: a customer who buys both again in another span of so many days speaks once more; 0: never.
        robot_factor: an account with more than this many times the orders of a heavy customer (99th percentile), and
            more than 100, is no shopper: its orders are left out of what is learnt; 0 leaves nobody out.
        size_discount: p of the basket weight |b|^-p, 0–2: large baskets say less about each pair.
        half_life_share: half-life of a basket's weight, as a share of the data's time span; 0 is no decay.
        anchor_window: an anchor's own baskets halve in weight every so many, newest first: a busy item forgets fast,
            a rare one does not; 0 is no window. Without times there is neither decay nor window.
        discount: δ, mean basket weights subtracted from every pair count (absolute discounting), ≥ 0.
        category_prior: κ₁, mean basket weights of belief in the anchor's category, ≥ 0.
        popular_prior: κ₂, mean basket weights of belief in what is popular, ≥ 0.
        popular_half_life_share: half-life of popularity, as a share of the data's time span; 0 is no decay.
        trend: exponent of (popularity now / popularity over all time), 0 is no trend.
        trend_half_life_share: half-life of "now" in the trend, as a share of the data's time span.
        cart_neighbourhood: m, items that each item is explained by in the cart model, 1–1000; 0 trains no cart vectors.
        cart_ridge: λ of the cart model, mean basket weights by which what an item says is shrunk, > 0.
        cart_min_baskets: baskets an item needs before the cart model proposes it, ≥ 1.
        cart_blend: c, weight of the cross_sell vectors beside the cart vectors, ≥ 0.
        cart_blend_fall: s, for a cart of n items c falls to c·n^-s, 0–4.
        cart_power: q, the cross_sell scores of a cart's items are joined as (Σ v^q)^(1/q), 1–100; 1 is their sum.
        rerank: whether cross-sell lists are ranked anew by trees learnt on the shop's past: 0 never, 1 where that past
            says that it pays (not looked at with under 1,000 baskets of several items, or over ten million order
            lines), 2 always.
        rerank_anchors: items looked back on in each past moment: more cost more time and memory; 0 is never.
        cross_sell_objective: what a place on a cross-sell shelf is ranked for: 0 orders, 1 revenue, 2 margin.
        upsell_min_ratio, upsell_max_ratio: an upsell costs at least and at most this many times the item.
        upsell_gain_power: upsells are ranked by how often buyers of the item take them, times the price gain to this
            power, 0–1: 0 is conversion, 1 expected revenue.
        upsell_lost: share of sales lost by showing something twice as dear, 0–1; an upsell taken less often is not
            shown. Not learnt: orders do not show who left.
        upsell_margin: 1 counts the gain in margin (price less cost), which needs costs; 0 in price.
        upsell_same_kind: likeness of titles, 0–1, from which two items without a category are of one kind.
        upsell_min_trade_ups: later, dearer choices needed to learn from, ≥ 1; with fewer, popularity decides.
        consumable_share: an item is consumable where at least this share of its buyers bought it again, 0–1.
        consumable_buyers: buyers an item needs before that share is believed, ≥ 1.
        habit_half_life_share: half-life of a customer's own baskets with an item, as a share of the data's time span;
            0 is no decay.
        personal_questions: questions of known customers from which the weights of personal shelves are learnt, pages
            and carts each, 0–100000; 0 learns none, and shelves are the same for everyone.
        bestsellers: length of each bestseller list, 1–10000.
        picks: entries of each customer's list of what is next, 0–200; 0 learns none.
        picks_snapshots: past moments that the ranker of picks learns from, 1–100.
        picks_questions: customers asked in all of them together: more cost more time and memory.
    """

    neighbours: int = 100
    upgrades: int = 20
    min_support: int = 2
    support_days: int = 30
    robot_factor: float = 10.0
    size_discount: float = 0.5
    half_life_share: float = 0.7
    anchor_window: float = 200.0
    discount: float = 0.5
    category_prior: float = 8.0
    popular_prior: float = 5.0
    popular_half_life_share: float = 0.2
    trend: float = 0.1
    trend_half_life_share: float = 0.02
    cart_neighbourhood: int = 100
    cart_ridge: float = 20.0
    cart_min_baskets: int = 3
    cart_blend: float = 1.2
    cart_blend_fall: float = 0.5
    cart_power: float = 4.0
    rerank: int = 1
    rerank_anchors: int = 1_000
    cross_sell_objective: int = 0
    upsell_min_ratio: float = 1.05
    upsell_max_ratio: float = 3.0
    upsell_gain_power: float = 0.0
    upsell_lost: float = 0.0
    upsell_margin: int = 0
    upsell_same_kind: float = 0.6
    upsell_min_trade_ups: int = 300
    consumable_share: float = 0.2
    consumable_buyers: int = 5
    habit_half_life_share: float = 0.3
    personal_questions: int = 1000
    bestsellers: int = 200
    picks: int = 30
    picks_snapshots: int = 6
    picks_questions: int = 8_000

    def __post_init__(self) -> None:
        for name, (low, high) in _BOUNDS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise SettingsError(f"{name} = {value} is outside {low} … {high}")
        if self.upsell_min_ratio >= self.upsell_max_ratio:
            raise SettingsError("upsell_min_ratio must be below upsell_max_ratio")


_BOUNDS: dict[str, tuple[float, float]] = {
    "neighbours": (1, 1000),
    "upgrades": (1, 1000),
    "min_support": (1, 1_000_000),
    "support_days": (0, 36_500),
    "robot_factor": (0, 1e9),
    "size_discount": (0, 2),
    "half_life_share": (0, 100),
    "anchor_window": (0, 1e9),
    "discount": (0, 100),
    "category_prior": (0, 10_000),
    "popular_prior": (0, 10_000),
    "popular_half_life_share": (0, 100),
    "trend": (0, 4),
    "trend_half_life_share": (0, 100),
    "cart_neighbourhood": (0, 1000),
    "cart_ridge": (1e-6, 1e6),
    "cart_min_baskets": (1, 1_000_000),
    "cart_blend": (0, 1000),
    "cart_blend_fall": (0, 4),
    "cart_power": (1, 100),
    "rerank": (0, 2),
    "rerank_anchors": (0, 10_000_000),
    "cross_sell_objective": (0, 2),
    "upsell_min_ratio": (1, 1000),
    "upsell_max_ratio": (1, 1000),
    "upsell_gain_power": (0, 1),
    "upsell_lost": (0, 1),
    "upsell_margin": (0, 1),
    "upsell_same_kind": (0, 1),
    "upsell_min_trade_ups": (1, 1_000_000_000),
    "consumable_share": (0, 1),
    "consumable_buyers": (1, 1_000_000),
    "habit_half_life_share": (0, 100),
    "personal_questions": (0, 100_000),
    "bestsellers": (1, 10_000),
    "picks": (0, 200),
    "picks_snapshots": (1, 100),
    "picks_questions": (1, 10_000_000),
}


def read_settings(path: Path | None) -> TrainSettings:
    """Settings from a TOML file of `name = value` lines; names left out keep their defaults.

    Raises:
        SettingsError: unreadable file, unknown name, wrong type or value; the message names it.
    """
    if path is None:
        return TrainSettings()
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    values.pop("gate", None)  # limits of what may be published, read by training.gate.limits
    types = {field.name: field.type for field in dataclasses.fields(TrainSettings)}
    for name, value in values.items():
        if name not in types:
            raise SettingsError(f"{path}: unknown setting {name!r}; known: {', '.join(sorted(types))}")
        allowed = (int,) if types[name] == "int" else (int, float)
        if not isinstance(value, allowed) or isinstance(value, bool):
            raise SettingsError(f"{path}: {name} takes a {types[name]}, not {value!r}")
    try:
        return TrainSettings(**values)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error
