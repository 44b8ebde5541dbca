"""JSON with its own checksum."""

import json

import pytest

from models.money import format_price
from models.sealed import SealError, digest, seal, unseal

DOCUMENT = {"b": [1, 2.5, None], "a": "Tee & Tassé"}


def test_what_was_sealed_comes_back() -> None:
    """Sealing adds one field and loses nothing."""
    sealed = seal(DOCUMENT, "sha")
    assert unseal(sealed, "sha") == {**DOCUMENT, "sha": digest(DOCUMENT)}


def test_key_order_does_not_matter() -> None:
    """Equal documents have equal bytes."""
    assert seal(DOCUMENT, "sha") == seal(dict(reversed(DOCUMENT.items())), "sha")


def test_any_changed_byte_is_noticed() -> None:
    """Every single byte, white space included, is under the seal."""
    sealed = seal(DOCUMENT, "sha")
    for place in range(len(sealed)):
        for bit in (0, 5):
            changed = bytearray(sealed)
            changed[place] ^= 1 << bit
            with pytest.raises(SealError):
                unseal(bytes(changed), "sha")


def test_unsealed_documents_are_refused() -> None:
    """JSON without the seal, or no JSON at all, says so."""
    with pytest.raises(SealError, match="has no sha"):
        unseal(json.dumps(DOCUMENT).encode(), "sha")
    with pytest.raises(SealError, match="not JSON"):
        unseal(b"{", "sha")
    with pytest.raises(SealError, match="has no sha"):
        unseal(b"[]", "sha")


@pytest.mark.parametrize(
    ("price", "text"),
    [(1_290_000, "129.00"), (1, "0.0001"), (0, "0.00"), (25_500, "2.55"), (-300_000, "-30.00"), (12_345, "1.2345")],
)
def test_prices_are_exact_decimals(price: int, text: str) -> None:
    """Two places at least, never a rounding."""
    assert format_price(price) == text
