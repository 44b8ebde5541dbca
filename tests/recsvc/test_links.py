"""The merchant's word on shelves, over HTTP: links that lead or stand alone, pairs that never meet, a cap on prices."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

Serve = Callable[..., "CheckedClient"]

LINKED: dict[str, dict[str, list[tuple[str, float, int]]]] = {
    "cross_sell": {"tea": [("cup-blue", 0.5, 24), ("biscuit", 0.4, 30)], "pot": [("tea", 0.7, 9)]},
    "upsell": {"tea": [("tea-fine", 0.7, 6)], "mug": [("spoon", 0.1, 0)]},
    "linked_cross_sell": {"tea": [("spoon", 1.0, 0), ("pot", 0.5, 0)], "pot": [("mug", 1.0, 0)]},
    "linked_upsell": {"tea": [("biscuit", 1.0, 0)]},
}


@pytest.fixture
def linked(serve: Serve, shop: Builders) -> Callable[..., CheckedClient]:
    """`linked(**settings)`: a shop with links of both kinds, served."""
    return lambda vectors=LINKED, **settings: serve(shop.tea(vectors=vectors), **settings)


def test_links_lead_the_shelf(linked: Callable[..., CheckedClient]) -> None:
    """In the merchant's order, said to be so; what was learnt follows, and nothing stands twice."""
    answer = linked().get("/recommend?item_id=tea&n=4&fallback=false").json
    shelf = answer["cross_sell"]
    assert [(i["item_id"], i["source"]) for i in shelf] == [
        ("spoon", "manual"),
        ("pot", "manual"),
        ("cup-blue", "learned"),
        ("biscuit", "learned"),
    ]
    assert (shelf[0]["reason"]["code"], shelf[0]["reason"]["text"]) == ("merchant", "Recommended with Green tea")
    assert answer["fallback"] == "none"


def test_links_may_stand_alone(linked: Callable[..., CheckedClient]) -> None:
    """`only`: no learnt companion and no bestseller beside them; an item without links has its learnt shelf."""
    client = linked(links="only")
    assert client.shelf("item_id=tea") == ["spoon", "pot"]
    assert client.shelf("item_id=tea", "upsell") == ["biscuit"]
    assert client.shelf("item_id=cup-blue&n=1&fallback=false") == []
    off = linked(links="off")
    assert off.shelf("item_id=tea&n=2") == ["cup-blue", "biscuit"]


def test_a_carts_links_take_turns(linked: Callable[..., CheckedClient]) -> None:
    """First places of every line before second ones; a cart's own item is not proposed."""
    assert linked(links="only").shelf("item_id=tea&item_id=pot") == ["mug", "spoon"]


def test_a_linked_upsell_may_be_cheaper(linked: Callable[..., CheckedClient]) -> None:
    """It is the merchant's word; the difference is told with its sign. The request's own filters still hold."""
    client = linked()
    [first, second] = client.get("/recommend?item_id=tea&type=upsell&n=2").json["upsell"]
    assert (first["item_id"], first["source"], first["price_delta"]) == ("biscuit", "manual", "-1.50")
    assert first["reason"]["text"] == "Recommended instead of Green tea"
    assert (second["item_id"], second["source"]) == ("tea-fine", "learned")
    assert client.shelf("item_id=tea&n=1&min_price=4", "upsell") == ["tea-fine"]


@pytest.mark.parametrize("mode", ["first", "off"])
def test_some_never_meet(linked: Callable[..., CheckedClient], mode: str) -> None:
    """Neither learnt, linked nor as a bestseller, nor a variant, nor beside one line of a cart; in every mode."""
    client = linked({**LINKED, "never": {"tea": [("cup-red", 1.0, 0), ("spoon", 0.5, 0)]}}, links=mode)
    for query in ("item_id=tea&n=20", "item_id=tea&item_id=pot&n=20"):
        shown = client.shelf(query)
        assert shown
        assert not {"cup-blue", "cup-red", "spoon"} & set(shown)


def test_a_cap_on_prices(linked: Callable[..., CheckedClient]) -> None:
    """Learnt upsells and bestsellers keep under it; 12.00 is 2.7 times 4.50."""
    vectors = {**LINKED, "linked_upsell": {}}
    assert linked(vectors, upsell_cap=2.7).shelf("item_id=tea", "upsell") == ["tea-fine"]
    assert linked(vectors, upsell_cap=2.6).shelf("item_id=tea", "upsell") == []


def test_a_swap_tells_line_and_sum(serve: Serve, shop: Builders) -> None:
    """Over a cart each line has one swap at most, with what the cart costs more: quantity times the difference."""
    client = serve(shop.tea())
    cart: list[dict[str, Any]] = [{"item_id": "tea", "quantity": 2.5}, {"item_id": "cup-blue"}, {"item_id": "tea"}]
    answer = client.post("/recommend", json={"cart": cart, "type": "upsell"}).json
    assert [(i["item_id"], i["swap_for"], i["price_delta"], i["cart_delta"]) for i in answer["upsell"]] == [
        ("tea-fine", "tea", "7.50", "26.25"),
        ("mug", "cup-blue", "4.00", "4.00"),
    ]
    page = client.get("/recommend?item_id=tea&type=upsell").json["upsell"]
    assert len(page) == 2
    assert "swap_for" not in page[0]


def test_a_cart_of_one_line_has_swaps_too(serve: Serve, shop: Builders) -> None:
    """Two teas: every better one is a swap of that line, and the cart costs twice the difference more."""
    client = serve(shop.tea())
    cart = {"cart": [{"item_id": "tea", "quantity": 2}], "type": "upsell"}
    offers = client.post("/recommend", json=cart).json["upsell"]
    page = client.get("/recommend?item_id=tea&type=upsell").json["upsell"]
    assert [offer["item_id"] for offer in offers] == [item["item_id"] for item in page]
    assert {offer["swap_for"] for offer in offers} == {"tea"}
    assert (offers[0]["price_delta"], offers[0]["cart_delta"]) == ("7.50", "15.00")


@pytest.mark.parametrize(
    ("query", "reason", "silence"),
    [
        ("item_id=tea-rare", "below_support", "top_of_ladder"),
        ("item_id=spoon", "below_support", "no_price"),
        ("item_id=%C3%BCn%C3%AF%2F%C3%A7ode%20id%2C1", "below_support", "no_kin"),
        ("item_id=tea-fine&fallback=false", "below_support", "not_taken"),
        ("item_id=pot", "all_filtered", None),
        ("item_id=nobody", "unknown_item", None),
    ],
)
def test_silence_says_why(tea: CheckedClient, query: str, reason: str, silence: str | None) -> None:
    """An upsell shelf without items tells what is behind it."""
    note = tea.get(f"/recommend?{query}&type=upsell").json["shelves"]["upsell"]
    assert (note["count"], note["empty_reason"], note["silence"]) == (0, reason, silence)


def test_what_lasts_has_no_upsell_once_bought(tea: CheckedClient) -> None:
    """Ann owns the blue cup and a pot: for her no better ones, but companions; her tea is drunk up and may be finer."""
    mine = tea.get("/recommend?item_id=cup-blue&customer_id=ann").json
    assert mine["upsell"] == []
    assert mine["shelves"]["upsell"]["silence"] == "owned"
    assert [item["item_id"] for item in mine["cross_sell"]][:1] == ["tea"]
    assert tea.shelf("item_id=cup-blue", "upsell") == ["mug"]
    assert tea.shelf("item_id=cup-blue&customer_id=ann&purchased=include", "upsell") == ["mug"]
    assert tea.shelf("item_id=tea&customer_id=ann", "upsell")[:1] == ["tea-fine"]
    cart = {"cart": [{"item_id": "cup-blue"}, {"item_id": "tea"}], "type": "upsell", "customer_id": "ann"}
    assert [item["swap_for"] for item in tea.post("/recommend", json=cart).json["upsell"]] == ["tea"]


def test_a_reason_names_the_bigger_pack_and_the_brand(serve: Serve, shop: Builders) -> None:
    """In the words of the titles; a smaller pack is no reason."""
    items = {
        "small": {"price": 2, "category": "Oil", "title": "Olive oil 500 ml"},
        "large": {"price": 3, "category": "Oil", "title": "Olive oil 1 L"},
        "tiny": {"price": 4, "category": "Oil", "title": "Truffle oil 50 ml"},
    }
    vectors = {"cross_sell": {}, "upsell": {"small": [("large", 0.5, 0), ("tiny", 0.4, 9)]}}
    client = serve(shop.model(items=items, vectors=vectors, customers={}))
    texts = [i["reason"]["text"] for i in client.get("/recommend?item_id=small&type=upsell").json["upsell"]]
    assert texts == [
        "A step up from Olive oil 500 ml, 1 L instead of 500 ml",
        "A step up from Olive oil 500 ml, chosen later by its buyers",
    ]
