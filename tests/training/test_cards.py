"""What is said of items: the catalogue's word, else what orders tell."""

import json
from collections.abc import Callable

from models.money import PRICE_UNKNOWN
from training.cards import assortment, median_paid
from training.records import Catalogue, Orders


def test_bought_and_listed_items_are_joined(
    orders_of: Callable[..., Orders], catalogue_of: Callable[..., Catalogue]
) -> None:
    """An item only bought and an item only listed both exist; the catalogue's price goes before the price paid."""
    orders = orders_of([("o1", "c", 1, ["tea", "cup"])], prices={"tea": 3.5, "cup": 2.0})
    catalogue = catalogue_of(
        [
            {"item_id": "cup", "title": "Tasse «été»", "category": "Cups", "price": "4.00", "brand": "Ô"},
            {"item_id": "pot", "title": "Pot", "category": "Pots", "in_stock": 0},
        ]
    )
    shelf = assortment(orders, catalogue)
    assert list(shelf.items) == [b"cup", b"pot", b"tea"]
    assert shelf.price.tolist() == [40_000, PRICE_UNKNOWN, 35_000]
    assert list(shelf.categories) == [b"Cups", b"Pots"]
    assert shelf.category.tolist() == [0, 1, -1]
    assert shelf.in_stock.tolist() == [1, 0, 1]
    assert json.loads(shelf.cards[0]) == {"title": "Tasse «été»", "brand": "Ô", "category": "Cups"}
    assert json.loads(shelf.cards[2]) == {}
    assert shelf.bought.tolist() == [0, 2]
    assert shelf.unlisted == 1


def test_without_a_catalogue_orders_are_all_there_is(orders_of: Callable[..., Orders]) -> None:
    """No catalogue: no category, no text, the median paid."""
    shelf = assortment(orders_of([("o1", "c", 1, ["tea"])], prices={"tea": 3.5}), None)
    assert shelf.category.tolist() == [-1]
    assert len(shelf.categories) == 0
    assert shelf.price.tolist() == [35_000]
    assert shelf.unlisted == 0


def test_the_median_paid_is_a_price_somebody_paid(orders_of: Callable[..., Orders]) -> None:
    """Of an even number of prices the lower middle one; unknown prices do not count."""
    orders = orders_of([(f"o{n}", "c", n, ["tea", "cup"]) for n in range(4)])
    orders.price[:] = [10, 40, 10, 20, 10, -1, 10, -1]  # cup, tea per order
    assert median_paid(orders).tolist() == [10, 20]
    orders.price[:] = -1
    assert median_paid(orders).tolist() == [PRICE_UNKNOWN, PRICE_UNKNOWN]
