"""Why an item is, or is not, on a shelf: what each gate of the shelf says of it, by the shelf's own rules. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.days import day_of
from models.money import PRICE_UNKNOWN, format_price
from models.records import CROSS_SELL, UPSELL, ItemFacts
from recsvc.links import Rules, linked, linked_kinds, never
from recsvc.personal import Person, barred, person
from recsvc.ranking import Pick
from recsvc.shelves import Ask, ShelfType, recommend
from recsvc.store.contract import Row, Snapshot
from recsvc.upsells import owned_by

GateName = Literal[
    "known",
    "links",
    "vector",
    "evidence",
    "family",
    "never",
    "stock",
    "price",
    "bought",
    "stem",
    "place",
    "consent",
    "declined",
    "cooled_down",
]
_ALL_PLACES = 100
_NEEDED: frozenset[GateName] = frozenset({"known", "family", "never", "stock", "price", "bought", "stem", "place"})
"""Gates that nothing passes by: a bestseller may stand where no vector lists it and no order proves it."""


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """What one gate says.

    Attributes:
        gate: which.
        passes: yes or no.
        text: why, a sentence.
        binds: `shelf`: keeps it off this shelf; `picks`: keeps it out of mails, app messages and calls alone.
        until: day from which it passes again, None where none is known.
    """

    gate: GateName
    passes: bool
    text: str
    binds: Literal["shelf", "picks"] = "shelf"
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """Where an item stands in the other's vector.

    Attributes:
        rank: place in it, from 1.
        score: in the vector's unit.
        together: baskets with both; of an upsell, customers who changed from the one to the other.
        item: the member of its family that the vector lists.
        buyers: of an upsell, customers who bought the one; 0 where that is not known.
    """

    rank: int
    score: float
    together: int
    item: int
    buyers: int = 0


@dataclass(frozen=True, slots=True)
class Explained:
    """Whether an item is on a shelf, and why.

    Attributes:
        shown: it stands there.
        rank: its place, None where it does not.
        source: the pick's label (`ranking.MANUAL`, a fallback, None: learnt), None where it is not shown.
        instead: member of its family that stands there for it, None for none.
        decided_by: the first gate that keeps it off the shelf, None where it is shown.
        listed: its place in the vector, None where the vector does not list it.
        verdicts: of every gate that was asked, in order.
    """

    shown: bool
    rank: int | None
    source: str | None
    instead: int | None
    decided_by: GateName | None
    listed: Listed | None
    verdicts: tuple[GateVerdict, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """Who asks about what.

    Attributes:
        item: index of the item whose shelf it is, -1 for an unknown one.
        candidate: index of the item asked about, -1 likewise.
        shelf: which one.
        n: places of the shelf.
        customer_id: for whom, None for anybody.
    """

    item: int
    candidate: int
    shelf: ShelfType
    n: int
    customer_id: str | None = None


def explain(snapshot: Snapshot, case: Case, stem_cap: int, rules: Rules) -> Explained:
    """Ask every gate of a shelf about one item, and the shelf itself whether it stands there.

    The shelf is filled by `recsvc.shelves.recommend`, as for a page without further filters. Unknown items: one
    verdict, `known`.
    """
    if case.item < 0 or case.candidate < 0:
        which = "item_id" if case.item < 0 else "candidate_id"
        return Explained(False, None, None, None, "known", None, (GateVerdict("known", False, f"{which} is unknown"),))
    kinds = [case.shelf, *linked_kinds(snapshot.kinds, (case.shelf,), rules)]
    vectors = snapshot.vectors(kinds, [case.item])
    listed = _listed(vectors.get(case.shelf, []), case, snapshot.facts)
    history = snapshot.customer(case.customer_id) if case.customer_id is not None else None
    until = day_of(snapshot.shop.data_until)
    known = person(history, snapshot.settings, snapshot.facts, until) if history else None
    picks = _fill(snapshot, case, stem_cap, rules)
    link_items = [item for item, *_ in linked(vectors, case.shelf)]
    apart = never(vectors, snapshot.facts)
    verdicts = (
        GateVerdict("known", True, "both items are known"),
        *_links(case, link_items, picks, rules, snapshot.facts),
        *_proof(case, listed),
        *_gates(snapshot, case, known, rules, apart, is_linked=case.candidate in link_items),
        *_places(case, picks, snapshot.facts, stem_cap),
    )
    return _concluded(case, picks, listed, verdicts, snapshot.facts)


def _fill(snapshot: Snapshot, case: Case, stem_cap: int, rules: Rules) -> Sequence[Pick]:
    """The shelf as far down as it goes: its first `n` places are those of the page."""
    (item_id,) = snapshot.item_ids([case.item])
    ask = Ask(
        (item_id,), (case.shelf,), max(case.n, _ALL_PLACES), (), None, None, True, case.customer_id, None, True, False,
        (), True,
    )  # fmt: skip
    return recommend(snapshot, ask, stem_cap, rules).shelves[case.shelf].picks


def _listed(rows: Sequence[Row], case: Case, facts: ItemFacts) -> Listed | None:
    """The candidate's place, else the first one of its family."""
    candidate, buyers = case.candidate, facts.buyers.item(case.item) if case.shelf == UPSELL else 0
    for row in rows:
        at = np.flatnonzero(row.item == candidate)
        if not len(at):
            at = np.flatnonzero(facts.family[row.item] == facts.family[candidate])
        if len(at):
            place = int(at[0])
            together = int(row.together.item(place))
            return Listed(place + 1, row.score.item(place), together, row.item.item(place), buyers)
    return None


def _links(
    case: Case, links: Sequence[int], picks: Sequence[Pick], rules: Rules, facts: ItemFacts
) -> Iterator[GateVerdict]:
    if not links:
        return
    family = facts.family.item(case.candidate)
    named = any(facts.family.item(item) == family for item in links)
    if named:
        yield GateVerdict("links", True, "the merchant links it with this item")
    elif rules.links == "only" and picks and picks[0].fallback == "manual":
        yield GateVerdict("links", False, "the merchant's links stand here alone, and do not name it")
    else:
        yield GateVerdict("links", True, "the merchant's links come first, and do not name it")


def _proof(case: Case, listed: Listed | None) -> Iterator[GateVerdict]:
    if listed is None:
        yield GateVerdict("vector", False, "the item's vector does not list it: too few orders, or weaker than others")
        return
    by = "" if listed.item == case.candidate else " by a variant of it"
    yield GateVerdict("vector", True, f"place {listed.rank} of the item's vector{by}, score {listed.score:.3g}")
    if case.shelf == UPSELL:
        changed = "customers changed from the one to the other" if listed.together else "alike; nobody changed yet"
        yield GateVerdict("evidence", True, changed)
    elif listed.together:
        yield GateVerdict("evidence", True, "orders hold both")
    else:
        yield GateVerdict("evidence", False, "no order holds both: it may stand here as a bestseller alone")


def _gates(
    snapshot: Snapshot, case: Case, known: Person | None, rules: Rules, apart: frozenset[int], *, is_linked: bool
) -> Iterator[GateVerdict]:
    """What keeps an item off a shelf whatever its score."""
    facts, candidate = snapshot.facts, case.candidate
    family = facts.family.item(candidate)
    same = family == facts.family.item(case.item)
    if case.shelf == CROSS_SELL or same:
        yield GateVerdict("family", not same, "a variant of the item itself" if same else "not a variant of the item")
    together = "must not stand beside the item: the merchant's word" if family in apart else "nothing forbids the pair"
    yield GateVerdict("never", family not in apart, together)
    buyable = bool(facts.in_stock.item(candidate))
    yield GateVerdict("stock", buyable, "can be bought" if buyable else "out of stock, or not for sale")
    if case.shelf == UPSELL:
        yield _dearer(facts, case, rules, is_linked=is_linked)
    if known is None:
        return
    if case.shelf == UPSELL and owned_by(frozenset(known.own.family.tolist()), facts, [case.item]):
        yield GateVerdict("bought", False, "the customer has the item itself, and it lasts")
    elif family in barred(known, facts, None):
        yield GateVerdict("bought", False, "the customer has it, and it lasts")
    else:
        had = family in set(known.own.family.tolist())
        yield GateVerdict("bought", True, "bought before, and used up" if had else "the customer has not bought it")


def _dearer(facts: ItemFacts, case: Case, rules: Rules, *, is_linked: bool) -> GateVerdict:
    price, floor = facts.price.item(case.candidate), facts.price.item(case.item)
    if is_linked:
        return GateVerdict("price", True, "linked by the merchant: any price")
    if PRICE_UNKNOWN in (price, floor):
        return GateVerdict("price", False, "a price is unknown")
    told = f"costs {format_price(price)}, the item {format_price(floor)}"
    if price <= floor:
        return GateVerdict("price", False, f"not dearer: {told}")
    if rules.upsell_cap > 0 and price > int(floor * rules.upsell_cap):
        return GateVerdict("price", False, f"more than {rules.upsell_cap:g} times the item's price: {told}")
    return GateVerdict("price", True, told)


def _places(case: Case, picks: Sequence[Pick], facts: ItemFacts, stem_cap: int) -> Iterator[GateVerdict]:
    """What the items before it leave of the shelf."""
    family, stem = facts.family.item(case.candidate), facts.stem.item(case.candidate)
    rank = next((at for at, p in enumerate(picks, 1) if p.item == case.candidate), None)
    stands_in = next((p for p in picks if facts.family.item(p.item) == family and p.item != case.candidate), None)
    if stands_in is not None:
        yield GateVerdict("family", False, "another variant of it stands here")
    alike = sum(facts.stem.item(p.item) == stem for p in picks) if stem >= 0 else 0
    if rank is None and stands_in is None and alike >= stem_cap:
        yield GateVerdict("stem", False, f"{alike} items with a title like its own stand here, the most that may")
    else:
        yield GateVerdict("stem", True, f"of titles alike at most {stem_cap} stand on a shelf")
    if rank is not None and rank > case.n:
        yield GateVerdict("place", False, f"comes {rank}. and the shelf has {case.n} places")
    elif rank is not None:
        yield GateVerdict("place", True, f"place {rank} of {case.n}")
    else:
        yield GateVerdict("place", False, f"not among the {len(picks)} that could stand here")


def _concluded(
    case: Case, picks: Sequence[Pick], listed: Listed | None, verdicts: tuple[GateVerdict, ...], facts: ItemFacts
) -> Explained:
    family = facts.family.item(case.candidate)
    found = [(at, p) for at, p in enumerate(picks[: case.n], 1) if facts.family.item(p.item) == family]
    own = next(((at, p) for at, p in found if p.item == case.candidate), None)
    if own is not None:
        return Explained(True, own[0], own[1].fallback, None, None, listed, verdicts)
    failed = [v.gate for v in verdicts if not v.passes]
    certain = [gate for gate in failed if gate in _NEEDED and gate != "place"]
    decided = next(iter([*certain, *failed]), None)
    return Explained(False, None, None, found[0][1].item if found else None, decided, listed, verdicts)
