"""The merchant's own word in a demo shop: a few links and one pair that must never meet, against what orders say."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from training.demo_shop.shop import Shop

_OF_A_KIND = 3


class Link(NamedTuple):
    """One item points at another: first items of their families, by number."""

    kind: str
    source: int
    target: int


def links(shop: Shop) -> tuple[Link, ...]:
    """Links of best known families, at most one each; few enough to find each of them by hand.

    A `cross_sell` leads to what goes with a companion and not with the item itself, an `upsell` two steps up the ladder
    at once: orders alone would put neither first. `never` parts a pair that orders do bring together.
    """
    families = shop.families
    known = np.lexsort((np.arange(len(families)), families.place)).tolist()
    found: list[Link] = []
    taken: set[int] = set()

    def link(kind: str, one: int, other: int) -> None:
        found.append(Link(kind, int(families.first[one]), int(families.first[other])))
        taken.update((one, other))

    for kind, most in (("never", 1), ("cross_sell", _OF_A_KIND), ("upsell", _OF_A_KIND)):
        for family in known:
            target = _target(shop, kind, family)
            if target is not None and not {family, target} & taken:
                link(kind, family, target)
                if sum(one.kind == kind for one in found) == most:
                    break
    return tuple(sorted(found))


def _target(shop: Shop, kind: str, family: int) -> int | None:
    """The family to link with, None where there is none to speak of."""
    families = shop.families
    near = _companions(shop, family)
    if kind == "upsell":
        better = int(families.better[family])
        best = int(families.better[better]) if better >= 0 else -1
        return best if best >= 0 else None
    if kind == "never":
        return near[0] if near else None
    further = [one for companion in near for one in _companions(shop, companion)]
    return next(
        (one for one in further if one != family and one not in near and family not in _companions(shop, one)), None
    )


def _companions(shop: Shop, family: int) -> list[int]:
    return [one for one in shop.families.partner[family].tolist() if one >= 0]
