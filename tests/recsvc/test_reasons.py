"""Reasons tell what the numbers tell."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from models.records import ItemFacts, Shop
from recsvc import reasons
from recsvc.ranking import Pick
from recsvc.reasons import Step
from recsvc.tags import Tags
from recsvc.web.messages import Item
from recsvc.web.render import three_digits
from recsvc.web.views import narrow

FACTS = ItemFacts(
    price=np.array([10, 20], dtype=np.int64),
    orders=np.array([60, 40], dtype=np.uint32),
    recent=np.zeros(2, dtype=np.float32),
    category=np.zeros(2, dtype=np.int32),
    family=np.arange(2, dtype=np.int32),
    stem=np.full(2, -1, dtype=np.int32),
    consumable=np.zeros(2, dtype=np.uint8),
    in_stock=np.ones(2, dtype=np.uint8),
    interval_days=np.zeros(2, dtype=np.uint16),
    repeat=np.zeros(2, dtype=np.float32),
    buyers=np.array([50, 30], dtype=np.uint32),
)
SHOP = Shop(orders=100, items=2, customers=9, data_from=None, data_until=None, window_days=180, currency=None)
TEA = reasons.Anchor(0, "tea", "Green tea")


@pytest.mark.parametrize(
    ("switched", "text"),
    [
        (1420, "A step up from Green tea, chosen later by its buyers"),
        (5, "A step up from Green tea, chosen later by its buyers"),
        (4, "A step up from Green tea"),
        (0, "A step up from Green tea"),
    ],
)
def test_an_upsell_counts_customers_not_orders(switched: int, text: str) -> None:
    """Its evidence is those who chose it later; there is no lift and no joint order, for it is bought instead."""
    reason = reasons.learned(Pick(1, 0.1, None, 0, switched), TEA, Tags(FACTS), SHOP, Step())
    assert reason.code == "upgrade"
    assert reason.text == text
    assert reason.evidence is not None
    assert reason.evidence.customers_switched == switched
    assert reason.evidence.orders_with_item == 60
    assert reason.evidence.orders_together is UNSET
    assert reason.evidence.lift is UNSET


@pytest.mark.parametrize(("switched", "told"), [(4, UNSET), (5, 5)])
def test_few_customers_are_no_evidence_for_a_shop_server(switched: int, told: object) -> None:
    """Counts of customers under 5 are hidden like counts of orders; a public view sees no evidence at all."""
    for view, wanted in (("secret", told), ("admin", switched)):
        reason = reasons.learned(Pick(1, 0.1, None, 0, switched), TEA, Tags(FACTS), SHOP, Step())
        narrow([Item(item_id="pot", reason=reason)], view)
        assert reason.evidence.customers_switched == wanted
    narrow([Item(item_id="pot", reason=reason)], "public")
    assert reason.evidence is UNSET


def test_an_upsell_is_told_in_one_sentence() -> None:
    """Who changed of how many, by how much it is dearer, what both are and what sets them apart; no sentence of nobody.

    A version that does not count buyers leaves "of how many" out.
    """
    step = Step(", 1.5 l instead of 1 l", "+12.00 EUR", "Teas")
    reason = reasons.learned(Pick(1, 0.1, None, 0, 12), TEA, Tags(FACTS), SHOP, step)
    assert reason.evidence.customers_with_item == 50
    assert reason.evidence.told == (
        "12 of 50 customers who bought Green tea later chose this, +12.00 EUR, same category Teas, 1.5 l instead of 1 l"
    )
    assert reason.text == "A step up from Green tea, 1.5 l instead of 1 l, chosen later by its buyers"
    assert reasons.learned(Pick(1, 0.1, None, 0, 0), TEA, Tags(FACTS), SHOP, step).evidence.told is UNSET
    older = dataclasses.replace(FACTS, buyers=np.zeros(2, np.uint32))
    plain = reasons.learned(Pick(1, 0.1, None, 0, 1234), TEA, Tags(older), SHOP, Step())
    assert plain.evidence.customers_with_item is UNSET
    assert plain.evidence.told == "1,234 customers who bought Green tea later chose this"


def test_a_sentence_hides_what_its_numbers_hide() -> None:
    """A shop's server sees no sentence made from a count under five."""
    for switched, told in ((4, UNSET), (5, "5 of 50 customers who bought Green tea later chose this")):
        reason = reasons.learned(Pick(1, 0.1, None, 0, switched), TEA, Tags(FACTS), SHOP, Step())
        narrow([Item(item_id="pot", reason=reason)], "secret")
        assert reason.evidence.told == told
        assert reason.evidence.customers_with_item == 50


@given(st.integers(1, 0x7BFF))
def test_scores_are_shown_with_three_digits(bits: int) -> None:
    """Of every score that can be stored the same as writing it with three digits and reading that."""
    score = float(np.array(bits, np.uint16).view(np.float16)) / 1_024
    assert three_digits(score) == float(f"{score:.3g}")


@given(st.floats(0, 1e6))
def test_three_digits_are_near(score: float) -> None:
    """Of any other score one of the two nearest: never further than half a unit of the third digit."""
    assert three_digits(score) == pytest.approx(float(f"{score:.3g}"), rel=1e-2)
    assert abs(three_digits(score) - score) <= score * 0.005_000_001
