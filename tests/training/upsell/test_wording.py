"""Titles that name the same kind of thing."""

import numpy as np

from training.upsell.wording import same_kind, word_vectors, wording

SHOP = [
    ("retrospot lunch bag", 2),
    ("polkadot lunch bag", 2),
    ("woodland lunch bag", 3),
    ("retrospot cake stand", 11),
    ("polkadot cake stand", 12),
    ("woodland cake stand", 10),
    ("retrospot mug", 5),
    ("polkadot mug", 5),
    ("woodland mug", 6),
    ("", 4),
]


def test_a_kind_is_not_a_pattern() -> None:
    """Lunch bags are kin to lunch bags, not to the cake stand of their pattern; an empty title is kin to none."""
    one, other = same_kind([title for title, _ in SHOP], np.array([price for _, price in SHOP]) * 10_000, 0.5)
    found = set(zip(one.tolist(), other.tolist(), strict=True))
    kinds = [set(range(at, at + 3)) for at in (0, 3, 6)]
    assert found == {(i, j) for kind in kinds for i in kind for j in kind if i != j}


def test_what_two_things_are_made_of_is_no_kind() -> None:
    """Bowls are kin to bowls; box and jar share a rare word that tells the price, but nothing is called by it."""
    shop = [
        ("plain pine salad bowl", 20),
        ("dark pine soup bowl", 21),
        ("trinket ceramic box", 5),
        ("storage ceramic jar", 5),
        ("travel clock", 90),
    ]
    one, other = same_kind([title for title, _ in shop], np.array([price for _, price in shop]) * 10_000, 0.05)
    assert set(zip(one.tolist(), other.tolist(), strict=True)) == {(0, 1), (1, 0)}


def test_one_article_under_two_codes_is_no_step() -> None:
    """The same words at twice the price, in any order; another size is another article."""
    shop = [
        ("tea time table cloth", 10),
        ("table cloth tea time", 20),
        ("round table cloth", 15),
        ("Table  cloth Tea time", 18),
        ("travel clock", 90),
    ]
    one, other = same_kind([title for title, _ in shop], np.array([price for _, price in shop]) * 10_000, 0.1)
    found = set(zip(one.tolist(), other.tolist(), strict=True))
    assert found == {(i, 2) for i in (0, 1, 3)} | {(2, j) for j in (0, 1, 3)}


def test_wording_by_hand() -> None:
    """Two titles of one rare and one common word each, the common one shared."""
    vectors = word_vectors(["red tea", "tea", "pot", ""])
    common = np.log1p(4 / 2)
    assert np.allclose(wording(vectors, np.array([0, 0, 0]), np.array([1, 2, 3])), [1, 0, 0])
    vectors = word_vectors(["herbal tea", "smoky tea"])
    rare, common = np.log1p(2), np.log1p(1)
    assert np.allclose(wording(vectors, np.array([0]), np.array([1])), common**2 / (common**2 + rare**2))
