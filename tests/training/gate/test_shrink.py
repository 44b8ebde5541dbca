"""Feeds that lost much."""

from __future__ import annotations

from training.gate.limits import Limits
from training.gate.shrink import Feed, shrunk

LIMITS = Limits()
BEFORE = Feed(1000, 100, [b"a", b"b", b"c", b"d"])


def test_what_stays_within_its_limits_passes() -> None:
    """Thirty per cent fewer orders and items, and half of the ids gone, are still a shop's own business."""
    assert shrunk(BEFORE, Feed(700, 70, [b"a", b"b", b"new"]), LIMITS) == []
    assert shrunk(Feed(1000, None, BEFORE.ids), Feed(1000, None, BEFORE.ids), LIMITS) == []


def test_what_goes_beyond_them_is_told_with_its_numbers() -> None:
    """Orders, catalogue and ids each have a sentence; lost ids are named."""
    orders, listed, ids = shrunk(BEFORE, Feed(699, 69, [b"d"]), LIMITS)
    assert orders == "699 orders, 30 % fewer than the 1,000 before"
    assert listed == "the catalogue lists 69 items, 31 % fewer than the 100 before"
    assert ids == "3 of the 4 item ids before are gone, such as 'a', 'b', 'c'"


def test_a_forgotten_catalogue_is_a_shrunken_one() -> None:
    """Shelves would lose titles, prices and pictures."""
    [said] = shrunk(BEFORE, Feed(1000, None, BEFORE.ids), LIMITS)
    assert said == "no catalogue is given, and the live version's lists 100 items"
