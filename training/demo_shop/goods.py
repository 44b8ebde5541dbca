"""The catalogue of a demo shop: families on a price ladder, their variants, and what goes with what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.demo_shop.kinds import BRANDS, COLOURS, KINDS, LADDER, SERIES, TEXTILE, Kind
from training.demo_shop.settings import DAYS, NEW_DAYS, Size

RUNGS = len(LADDER)
_RUNG_ORDER = (2, 1, 3, 0, 4)  # the middle first, so that a small shop has neighbours on the ladder
_COLOUR_INDEX = {name: index for index, name in enumerate(COLOURS)}
_PARTNERS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Families:
    """A family is one article in all its colours or sizes; one row each.

    Attributes:
        kind: int16, index into `KINDS`.
        rung: int8, 0 (cheapest) to 4.
        place: int32, 0 for the most asked-for of its kind and rung, then 1, 2 …
        first: int32 (n + 1,), the family's items are `first[f]:first[f + 1]`.
        launch: int16, the day it came into the shop; 0 for the old stock.
        partner: int32 (n, 2), families planted as its complements, -1 for none.
        partner_chance: float32 (n, 2), how often a basket with it is given one.
        better: int32, the family planted as its trade-up, -1 for none.
        trend: the one family that everybody talks about for two weeks.
    """

    kind: NDArray[np.int16]
    rung: NDArray[np.int8]
    place: NDArray[np.int32]
    first: NDArray[np.int32]
    launch: NDArray[np.int16]
    partner: NDArray[np.int32]
    partner_chance: NDArray[np.float32]
    better: NDArray[np.int32]
    trend: int

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """The catalogue's rows, in the order of their families.

    Attributes:
        family: int32.
        title, brand: one text each.
        colour: int8, index into `COLOURS`: what its picture is drawn with.
        price: int32, hundredths of the currency's unit.
        cost: int32, likewise, always below the price.
        in_stock: bool; 3 of 100 are sold out.
    """

    family: NDArray[np.int32]
    title: list[str]
    brand: list[str]
    colour: NDArray[np.int8]
    price: NDArray[np.int32]
    cost: NDArray[np.int32]
    in_stock: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.title)


def item_id(item: int) -> str:
    """The id an item has in the files: stable, and plainly a code."""
    return f"D{item + 1:07d}"


def stock(size: Size, rng: np.random.Generator) -> tuple[Families, Items]:
    """Draw the catalogue: `size.items` items of `size.kinds` kinds, families dealt out kind by kind."""
    n_variants = _variant_counts(size, rng)
    n = len(n_variants)
    index = np.arange(n)
    deal = index // size.kinds
    kind = (index % size.kinds).astype(np.int16)
    rung = np.array(_RUNG_ORDER, np.int8)[deal % RUNGS]
    place = (deal // RUNGS).astype(np.int32)
    # New goods never lead their rung: nobody knows them yet.
    new = (rng.random(n) < 0.06) & (place > 0) if n > 10 * size.kinds else index >= n - 4
    partner, chance = _complements(kind, rung, place, rng)
    families = Families(
        kind=kind,
        rung=rung,
        place=place,
        first=np.concatenate([[0], np.cumsum(n_variants)]).astype(np.int32),
        launch=np.where(new, rng.integers(DAYS - NEW_DAYS, DAYS - 5, n), 0).astype(np.int16),
        partner=np.where(new[:, None] | new[partner], -1, partner).astype(np.int32),
        partner_chance=chance,
        better=np.where(new, -1, _trade_ups(kind, rung, place)).astype(np.int32),
        trend=_trend(kind, place, new, rng),
    )
    return families, _items(families, rng)


def _variant_counts(size: Size, rng: np.random.Generator) -> NDArray[np.int32]:
    """Variants per family, ending where the catalogue is full."""
    looks = np.array([len(kind.looks) for kind in KINDS[: size.kinds]])
    upper = np.tile(looks, size.items // size.kinds + 1)[: size.items]
    lower = np.where(upper > 1, 2, 1)
    counts = rng.integers(lower, np.minimum(upper, 4) + 1).astype(np.int32)
    n = int(np.searchsorted(np.cumsum(counts), size.items)) + 1
    counts = counts[:n]
    counts[-1] -= int(counts.sum()) - size.items
    return counts


def _complements(
    kind: NDArray[np.int16], rung: NDArray[np.int8], place: NDArray[np.int32], rng: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Give every family one certain family of each kind that goes with its own, near its rung and place."""
    n, n_kinds = len(kind), int(kind.max()) + 1
    names = [k.name for k in KINDS[:n_kinds]]
    wanted = np.full((n_kinds, _PARTNERS), -1)
    for k in range(n_kinds):
        found = [names.index(name) for name in KINDS[k].goes_with if name in names][:_PARTNERS]
        wanted[k, : len(found)] = found
    deal = place * RUNGS + np.argsort(_RUNG_ORDER)[rung]
    # Within the shop's first hundred deals the pairing is shuffled, so that it is no rule one could guess.
    shifted = deal[:, None] + rng.integers(0, 3, (n, _PARTNERS)) * np.minimum(RUNGS, deal.max())
    deals_of = np.bincount(kind, minlength=n_kinds)
    target = wanted[kind]
    partner = (shifted % deals_of[target]) * n_kinds + target
    chance = rng.uniform(0.3, 0.5, (n, _PARTNERS)) * np.array([1.0, 0.7])
    return np.where(target >= 0, partner, -1).astype(np.int32), chance.astype(np.float32)


def _trade_ups(kind: NDArray[np.int16], rung: NDArray[np.int8], place: NDArray[np.int32]) -> NDArray[np.int32]:
    """For durable goods: the leader of the next rung that the kind has, -1 at the top."""
    n_kinds = int(kind.max()) + 1
    leader = np.full((n_kinds, RUNGS + 1), -1)
    leads = np.flatnonzero(place == 0)
    leader[kind[leads], rung[leads]] = leads
    for r in range(RUNGS - 2, -1, -1):  # a missing rung points to the one above it
        leader[:, r] = np.where(leader[:, r] < 0, leader[:, r + 1], leader[:, r])
    durable = np.array([not k.consumable for k in KINDS[:n_kinds]])
    return np.where(durable[kind], leader[kind, rung + 1], -1).astype(np.int32)


def _trend(kind: NDArray[np.int16], place: NDArray[np.int32], new: NDArray[np.bool_], rng: np.random.Generator) -> int:
    """A durable article that hardly anyone knew: as far down its rung as there is one."""
    unknown = np.array([not k.consumable for k in KINDS])[kind] & ~new
    return int(rng.choice(np.flatnonzero(unknown & (place == place[unknown].max()))))


def _items(families: Families, rng: np.random.Generator) -> Items:
    n_items = int(families.first[-1])
    family = np.repeat(np.arange(len(families), dtype=np.int32), np.diff(families.first))
    draws = rng.random((len(families), 4))
    titles: list[str] = []
    seen: Counter[str] = Counter()
    brands: list[str] = []
    colours = np.zeros(n_items, np.int8)
    factor = np.ones(n_items)
    for f in range(len(families)):
        kind = KINDS[families.kind[f]]
        a, b = int(families.first[f]), int(families.first[f + 1])
        brand, stem = _name(kind, int(families.rung[f]), int(families.place[f]), draws[f], seen)
        for variant, (label, colour, times) in enumerate(_looks(kind, b - a, draws[f])):
            titles.append(f"{stem}, {label}")
            colours[a + variant] = _COLOUR_INDEX[colour]
            factor[a + variant] = times
        brands.extend([brand] * (b - a))
    base = np.array([k.price for k in KINDS])[families.kind] * np.array(LADDER)[families.rung]
    price = _round_price((base * rng.uniform(0.96, 1.04, len(families)))[family] * factor)
    cost = (price * rng.uniform(0.45, 0.72, len(families))[family]).astype(np.int32)
    return Items(family, titles, brands, colours, price, cost, rng.random(n_items) >= 0.03)


def _name(kind: Kind, rung: int, place: int, draws: NDArray[np.float64], seen: Counter[str]) -> tuple[str, str]:
    """Brand, and title without its variant; a name that is `seen` already gets a number."""
    brands = BRANDS[rung][1]
    brand = brands[int(draws[0] * len(brands))]
    names = kind.series or SERIES
    line = names[(place * RUNGS + rung + len(kind.name)) % len(names)]
    adjective = kind.adjectives[int(draws[1] * len(kind.adjectives))]
    spec = kind.specs[int(draws[2] * len(kind.specs))]
    words = [brand, line, adjective, kind.name]
    seen[name := " ".join([*words, spec])] += 1
    if seen[name] > 1:
        words.insert(2, str(seen[name]))
    title = " ".join(word for word in words if word)
    return brand, f"{title}, {spec}" if spec else title


def _looks(kind: Kind, n: int, draws: NDArray[np.float64]) -> list[tuple[str, str, float]]:
    """(label, colour, price factor) of a family's variants; goods sold by size wear the colour of their line."""
    start = int(draws[3] * len(kind.looks))
    chosen = [kind.looks[i % len(kind.looks)] for i in range(start, start + n)]
    wrapper = TEXTILE[1:][int(draws[0] * 997) % (len(TEXTILE) - 1)]
    return [(look, look, 1.0) if isinstance(look, str) else (look[0], wrapper, look[1]) for look in chosen]


def _round_price(amount: NDArray[np.float64]) -> NDArray[np.int32]:
    """Shop prices in hundredths: under 5 they end in 9, under 20 in 49 or 99, above in 50 or 90."""
    small = np.where(amount < 5, np.ceil(amount * 10) * 10 - 1, np.ceil(amount * 2) * 50 - 1)
    large = np.floor(amount) * 100 + np.where(amount % 1 < 0.5, 50, 90)
    return np.maximum(np.where(amount < 20, small, large), 99).astype(np.int32)
