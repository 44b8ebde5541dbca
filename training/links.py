"""The merchant's own links as vectors: the first place scores 1, the second 1/2, and so on; `together` is 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.records import LINKED_CROSS_SELL, LINKED_UPSELL, NEVER, ItemVectors
from models.stored import StoredVectors, store_vectors
from models.strings import StringTable
from training.baskets import Families
from training.records import Links

_KINDS = (LINKED_CROSS_SELL, LINKED_UPSELL, NEVER)
"""By `LINK_KINDS`."""


def linked_vectors(links: Links, items: StringTable, family: Families) -> dict[str, StoredVectors]:
    """Vectors of the kinds that the catalogue links; none for none.

    What is said of one variant holds for all of its family, what is said of itself first. `never` holds both ways.
    Links of items that nobody lists or bought are left out, see `adrift`.

    Args:
        links: the catalogue's.
        items: n_items ids, sorted by bytes.
        family: of all items.
    """
    source, target = _numbers(links, items)
    known = (source >= 0) & (target >= 0)
    source, target, kind, place = source[known], target[known], links.kind[known], links.position[known]
    found = {}
    for number, name in enumerate(_KINDS):
        of = kind == number
        if of.any():
            one, other, at = source[of], target[of], place[of].astype(np.int64)
            if name == NEVER:
                one, other, at = np.append(one, other), np.append(other, one), np.append(at, at)
            found[name] = store_vectors(_rows(one, other, at, family))
    return found


def adrift(links: Links, items: StringTable) -> int:
    """Links whose source or target is no item."""
    source, target = _numbers(links, items)
    return int(((source < 0) | (target < 0)).sum())


def _numbers(links: Links, items: StringTable) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    number = {name: index for index, name in enumerate(items)} if len(links) else {}
    source, target = (
        np.array([number.get(name, -1) for name in side], dtype=np.int64) for side in (links.source, links.target)
    )
    return source, target


def _rows(
    source: NDArray[np.int64], target: NDArray[np.int64], place: NDArray[np.int64], family: Families
) -> ItemVectors:
    """Every variant's row: its own links by place, then its siblings'; a target once, none of the family itself."""
    n = len(family.of_item)
    members = np.argsort(family.of_item, kind="stable")
    start = np.searchsorted(family.of_item[members], np.arange(family.count + 1))
    of = family.of_item[source]
    copies = np.diff(start)[of]
    link = np.repeat(np.arange(len(source)), copies)
    offset = np.arange(len(link)) - np.repeat(np.cumsum(copies) - copies, copies)
    row = members[start[of[link]] + offset]
    to, elsewhere = target[link], source[link] != row
    keep = family.of_item[to] != family.of_item[row]
    row, to, elsewhere, place = row[keep], to[keep], elsewhere[keep], place[link][keep]
    order = np.lexsort((to, place, elsewhere, row))
    row, to = row[order], to[order]
    _, first = np.unique(row * n + to, return_index=True)
    first.sort()
    row, to = row[first], to[first]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    return ItemVectors(
        np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n))]).astype(np.int64),
        to.astype(np.int32),
        (1 / (1 + rank)).astype(np.float32),
        np.zeros(len(row), dtype=np.uint32),
    )
