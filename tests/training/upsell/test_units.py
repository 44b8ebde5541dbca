"""Pack sizes from titles."""

import numpy as np
import pytest

from models.packs import UNITS, find, pack
from training.upsell.units import packs


@pytest.mark.parametrize(
    ("title", "amount", "unit"),
    [
        ("Olive oil 750 ml", 750, "ml"),
        ("Milch 1,5 l", 1500, "ml"),
        ("Chocolate 2 x 100 g", 200, "g"),
        ("USB stick 64GB black", 64, "gigabytes"),
        ("BEER 6 PK/ 12 OZ", 6 * 12 * 28.349523, "g"),
        ("EGGS LARGE 1 DZ", 12, "pieces"),
        ("COVERGIRL .24 OZ", 0.24 * 28.349523, "g"),
        ("MILK 1/2 GAL", 3785.411784 / 2, "ml"),
        ("VITAMINS 300 CT(1)", 300, "pieces"),
        ("Hose 1/2 in, 20 m", 20, "metres"),
        ("SET OF 6 HERB TINS", 6, "pieces"),
        ("SET/20 PAPER NAPKINS", 20, "pieces"),
        ("Soda 12 fl oz", 12 * 29.573530, "ml"),
    ],
)
def test_read_by_hand(title: str, amount: float, unit: str) -> None:
    """Customary, metric and counted packs; several packs are multiplied, the last size of several wins."""
    found = pack(title)
    assert found is not None
    assert found.amount == pytest.approx(amount)
    assert UNITS[found.unit] == unit


@pytest.mark.parametrize("title", ["", "T-light holder", "50's Christmas", "Size 12", "0 ml", "Model 3000 lamp"])
def test_no_pack_is_no_pack(title: str) -> None:
    """A number without a unit is not a size, and nothing is in a pack of nothing."""
    assert pack(title) is None


def test_columns() -> None:
    """One row per title, 0 and -1 where unknown."""
    found = packs(["tea 100 g", "pot"])
    assert found.amount.tolist() == [100, 0]
    assert found.unit.tolist() == [0, -1]
    assert found.unit.dtype == np.int8


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Olive Oil 750 ML", "750 ML"),
        ("Beer 6 PK/  12 OZ", "6 PK/ 12 OZ"),
        ("SET OF 6 TINS", "SET OF 6"),
        ("Süße 5 l", "5 l"),
    ],
)
def test_a_pack_in_the_words_of_its_title(title: str, words: str) -> None:
    """As the shop writes it, spaces tidied."""
    found = find(title)
    assert found is not None
    assert found.words == words
