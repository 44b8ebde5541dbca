"""Cards as they are read."""

from __future__ import annotations

import pytest

from recsvc.web.goods import Card, read_card


@pytest.mark.parametrize("card", [b"", b"{", b"[]", b"\xff", b'{"title":"\xff"}', b'{"title":7}'])
def test_a_card_that_is_none_is_an_empty_one(card: bytes) -> None:
    """What a broken Redis sends costs a card, not an answer; text that is no UTF-8 too."""
    assert read_card(card) == Card()


def test_a_card_is_what_it_says() -> None:
    """All that is known, nothing that is not."""
    assert read_card(b'{"title":"Pot","brand":null,"more":1}') == Card(title="Pot")
