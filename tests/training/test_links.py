"""The merchant's own links as vectors."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.stored import StoredVectors, scores
from models.strings import StringTable
from training.baskets import families
from training.links import adrift, linked_vectors
from training.records import LINK_KINDS, Links

ITEMS = StringTable.of(["a", "b1", "b2", "c", "d"])
FAMILY = families([b"", b"b", b"b", b"", b""])


def links(*said: tuple[str, str, str, int]) -> Links:
    """Links of (source, target, kind, position)."""
    ordered = sorted(said, key=lambda link: (link[0], LINK_KINDS.index(link[2]), link[3]))
    return Links(
        StringTable.of(link[0] for link in ordered),
        StringTable.of(link[1] for link in ordered),
        np.array([LINK_KINDS.index(link[2]) for link in ordered], np.int8),
        np.array([link[3] for link in ordered], np.int32),
    )


def row(vectors: StoredVectors, item: str) -> list[str]:
    """What stands in an item's row."""
    return [ITEMS.text(other) for other in vectors.item[vectors.row(ITEMS.find(item))].tolist()]


def test_links_keep_the_merchants_order() -> None:
    """The first place scores 1, the second a half; kinds are apart; no basket proves a link."""
    found = linked_vectors(links(("a", "d", "cross_sell", 0), ("a", "c", "cross_sell", 1)), ITEMS, FAMILY)
    assert set(found) == {"linked_cross_sell"}
    vectors = found["linked_cross_sell"]
    assert row(vectors, "a") == ["d", "c"]
    assert scores(vectors.score).tolist() == [1.0, 0.5]
    assert not vectors.together.any()


def test_what_is_said_of_one_variant_holds_for_all() -> None:
    """What is said of itself comes first; no variant is linked with its own product."""
    said = [("b1", "c", "upsell", 0), ("b2", "d", "upsell", 0), ("b2", "c", "upsell", 1), ("b1", "b2", "upsell", 1)]
    vectors = linked_vectors(links(*said), ITEMS, FAMILY)["linked_upsell"]
    assert row(vectors, "b1") == ["c", "d"]
    assert row(vectors, "b2") == ["d", "c"]


def test_never_holds_both_ways() -> None:
    """Whoever said it; other kinds point one way."""
    vectors = linked_vectors(links(("a", "c", "never", 0)), ITEMS, FAMILY)["never"]
    assert (row(vectors, "a"), row(vectors, "c"), row(vectors, "d")) == (["c"], ["a"], [])


def test_links_to_nowhere_are_counted() -> None:
    """Neither a source nor a target that is no item makes a row."""
    said = links(("a", "gone", "cross_sell", 0), ("lost", "a", "cross_sell", 0), ("a", "c", "cross_sell", 1))
    assert adrift(said, ITEMS) == 2
    assert row(linked_vectors(said, ITEMS, FAMILY)["linked_cross_sell"], "a") == ["c"]
    assert linked_vectors(links(), ITEMS, FAMILY) == {}


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["a", "b1", "b2", "c", "d", "x"]), st.integers(0, 3)),
        unique_by=lambda link: (link[0], link[1]),
        max_size=8,
    )
)
def test_rows_equal_the_slow_way(drawn: list[tuple[str, str, int]]) -> None:
    """Item by item: own links by place, then its siblings', a target once, none of the family itself."""
    said = [({"b": "b1"}.get(one, one), other, "cross_sell", place) for one, other, place in drawn]
    said = [link for link in said if link[0] != link[1]]
    found = linked_vectors(links(*said), ITEMS, FAMILY)
    of = {"b1": "b", "b2": "b"}
    for item in ("a", "b1", "b2", "c", "d"):
        mine = [
            s for s in said if of.get(s[0], s[0]) == of.get(item, item) and of.get(s[1], s[1]) != of.get(item, item)
        ]
        known = [s for s in mine if ITEMS.find(s[1]) >= 0]
        known.sort(key=lambda s: (s[0] != item, s[3], ITEMS.find(s[1])))
        expected = list(dict.fromkeys(s[1] for s in known))
        assert (row(found["linked_cross_sell"], item) if found else []) == expected
