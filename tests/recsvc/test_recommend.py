"""`/recommend` over the tea shop: what stands on which shelf, and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

Serve = Callable[..., "CheckedClient"]


def post(client: CheckedClient, **body: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON value
    """POST /recommend, 200."""
    response = client.post("/recommend", json=body)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json
    return found


def ids(items: list[dict[str, Any]]) -> list[str]:
    """The ids of a shelf."""
    return [item["item_id"] for item in items]


def test_the_page_of_tea_shows_its_vector(tea: CheckedClient) -> None:
    """Score down; mug and pot tie and stand by index; bestsellers fill up and say so."""
    response = tea.get("/recommend?item_id=tea&type=cross_sell&n=6")
    items = response.json["cross_sell"]
    assert ids(items) == ["cup-blue", "biscuit", "mug", "pot", "tea-fine", "tea-rare"]
    assert [item["source"] for item in items] == ["learned"] * 4 + ["fallback"] * 2
    assert [item["rank"] for item in items] == [1, 2, 3, 4, 5, 6]
    assert response.json["fallback"] == "category_bestsellers"
    assert items[0]["price"] == {"amount": "8.00", "currency": "EUR"}
    assert items[0]["reason"] == {
        "code": "bought_together",
        "because_item_id": "tea",
        "text": "Often bought with Green tea",
        # 24 together of 100; tea in 60, cups in 40: 24 · 100 / (60 · 40) = 1.0
        "evidence": {
            "orders_together": 24,
            "orders_with_item": 60,
            "orders_with_candidate": 40,
            "lift": 1.0,
            "window_days": 180,
        },
    }
    assert "upsell" not in response.json


def test_without_a_type_one_answer_holds_both_shelves(tea: CheckedClient) -> None:
    """And each shelf tells its own count and emptiness."""
    answer = tea.get("/recommend?item_id=pot&fallback=false").json
    assert ids(answer["cross_sell"]) == ["tea", "cup-blue"]
    assert answer["upsell"] == []
    assert answer["empty_reason"] is None
    assert answer["shelves"] == {
        "cross_sell": {"count": 2, "fallback": "none", "empty_reason": None, "silence": None},
        "upsell": {"count": 0, "fallback": "none", "empty_reason": "all_filtered", "silence": None},
    }


def test_an_upsell_is_dearer_than_this_very_item(tea: CheckedClient) -> None:
    """The difference is exact; the shelf falls back only to dearer items of the category."""
    answer = tea.get("/recommend?item_id=tea&type=upsell").json
    assert [(i["item_id"], i["price_delta"], i["reason"]["code"]) for i in answer["upsell"]] == [
        ("tea-fine", "7.50", "upgrade"),
        ("tea-rare", "43.50", "upgrade"),
    ]
    assert tea.shelf("item_id=tea-rare", "upsell") == []
    red = tea.get("/recommend?item_id=cup-red&type=upsell").json
    assert [(i["item_id"], i["price_delta"], i["source"]) for i in red["upsell"]] == [("mug", "3.00", "fallback")]
    assert red["fallback"] == "category_bestsellers"
    spoon = tea.get("/recommend?item_id=spoon&type=upsell").json
    assert (spoon["upsell"], spoon["empty_reason"]) == ([], "below_support")


def test_a_fallback_upsell_keeps_to_the_trainers_band(serve: Serve, shop: Builders) -> None:
    """Nobody who looks at a tea of 4.50 is offered one of 48 when upsells end at three times the price."""
    client = serve(shop.tea(vectors={"upsell": {}}, settings={"upsell_max_ratio": 3.0}))
    assert client.shelf("item_id=tea", "upsell") == ["tea-fine"]
    client = serve(shop.tea(vectors={"upsell": {}}))
    assert client.shelf("item_id=tea", "upsell") == ["tea-fine", "tea-rare"]


def test_a_cart_is_answered_by_all_its_lines(tea: CheckedClient) -> None:
    """Scores add up, the cart's own families stay out, each item names the line that speaks loudest for it."""
    cart = [{"item_id": "tea"}, {"item_id": "cup-red", "quantity": 40}]
    answer = post(tea, cart=cart, type="cross_sell", fallback=False)
    assert [(i["item_id"], i["score"]) for i in answer["cross_sell"]] == [
        ("biscuit", 0.6),
        ("spoon", 0.3),
        ("mug", 0.2),
        ("pot", 0.2),
    ]
    assert [i["reason"]["because_item_id"] for i in answer["cross_sell"]] == ["tea", "cup-red", "tea", "tea"]
    one_each = post(tea, cart=[{"item_id": "tea"}, {"item_id": "cup-red"}], type="cross_sell", fallback=False)
    assert one_each["cross_sell"] == answer["cross_sell"]
    twice = post(tea, cart=[*cart, {"item_id": "tea", "quantity": 2}], type="cross_sell", fallback=False)
    assert twice["cross_sell"] == answer["cross_sell"]


def test_a_cart_upsell_is_the_best_swap_of_a_line(tea: CheckedClient) -> None:
    """Every swap says which line it replaces and what it costs more; a line has one."""
    answer = post(tea, cart=[{"item_id": "tea"}, {"item_id": "cup-blue"}], type="upsell", fallback=False)
    swaps = [(i["item_id"], i["reason"]["because_item_id"], i["price_delta"]) for i in answer["upsell"]]
    assert swaps == [("tea-fine", "tea", "7.50"), ("mug", "cup-blue", "4.00")]


def test_an_empty_cart_gets_bestsellers(tea: CheckedClient) -> None:
    """A cart page that is still empty is no error."""
    answer = post(tea, cart=[], type="cross_sell", n=2)
    assert ids(answer["cross_sell"]) == ["tea", "biscuit"]
    assert answer["fallback"] == "bestsellers"


def test_cart_vectors_are_used_for_two_and_more(serve: Serve, shop: Builders) -> None:
    """A version with `cart` vectors answers carts with them, plus `cart_blend` times cross-sell; pages without."""
    vectors = {
        "cross_sell": {"tea": [("pot", 0.5, 5)], "cup-blue": [("pot", 0.5, 5)]},
        "cart": {"tea": [("mug", 0.6, 6)], "cup-blue": [("spoon", 0.4, 4)]},
    }
    cart = {"cart": [{"item_id": "tea"}, {"item_id": "cup-blue"}], "type": "cross_sell", "fallback": False}
    plain = serve(shop.tea(vectors=vectors))
    assert ids(post(plain, **cart)["cross_sell"]) == ["mug", "spoon"]
    assert plain.shelf("item_id=tea&fallback=false") == ["pot"]
    blended = serve(shop.tea(vectors=vectors, settings={"cart_blend": 0.5}))
    found = post(blended, **cart)["cross_sell"]
    assert [(i["item_id"], i["score"]) for i in found] == [("mug", 0.6), ("pot", 0.5), ("spoon", 0.4)]
    tuned = serve(shop.tea(vectors=vectors, settings={"cart_blend": 0.5, "cart_power": 2.0, "cart_blend_fall": 1.0}))
    found = post(tuned, **cart)["cross_sell"]
    assert [i["item_id"] for i in found] == ["mug", "spoon", "pot"]
    assert found[2]["score"] == pytest.approx(0.5 / 2 * 0.5**0.5, abs=1e-3)


def test_a_filtered_item_leaves_its_place_to_a_variant_of_its_family(serve: Serve, shop: Builders) -> None:
    """The blue cup is sold out or too cheap: the red one takes its place, at the blue one's score."""
    client = serve(shop.tea())
    first = client.get("/recommend?item_id=tea&type=cross_sell&min_price=8.01&fallback=false").json["cross_sell"]
    assert [(i["item_id"], i["score"]) for i in first] == [("cup-red", 0.5), ("mug", 0.2), ("pot", 0.2)]


def test_price_bounds_are_exact(tea: CheckedClient) -> None:
    """Bounds are part of the band; an unknown price passes only where no bound is given."""
    assert tea.shelf("item_id=cup-blue&fallback=false") == ["tea", "spoon", "biscuit"]
    assert tea.shelf("item_id=cup-blue&fallback=false&min_price=3&max_price=4.5") == ["tea", "biscuit"]
    assert tea.shelf("item_id=cup-blue&fallback=false&min_price=3.0001&max_price=4.4999") == []
    assert tea.shelf("item_id=cup-blue&fallback=false&max_price=1000000") == ["tea", "biscuit"]
    for low in ("3.0001", 3.0001):
        assert ids(post(tea, cart=[{"item_id": "cup-blue"}], min_price=low, fallback=False)["cross_sell"]) == ["tea"]


def test_a_band_that_ends_before_it_begins_holds_nothing(tea: CheckedClient) -> None:
    """Two slider handles that crossed: an empty shelf that says so."""
    answer = tea.get("/recommend?item_id=tea&min_price=5&max_price=4").json
    assert (answer["cross_sell"], answer["upsell"], answer["empty_reason"]) == ([], [], "all_filtered")


def test_what_is_sold_out_stays_out_unless_asked_for(tea: CheckedClient) -> None:
    """`in_stock=false` shows it."""
    assert tea.shelf("item_id=pot", "upsell") == []
    assert tea.shelf("item_id=pot&in_stock=false", "upsell") == ["pot-silver"]


def test_exclude_takes_the_family_with_it(tea: CheckedClient) -> None:
    """An excluded blue cup does not come back in red; unknown ids in `exclude` mean nothing."""
    assert tea.shelf("item_id=tea&fallback=false&exclude=cup-blue&exclude=mug&exclude=nothing") == ["biscuit", "pot"]


def test_what_the_customer_bought_is_left_out_unless_consumable(tea: CheckedClient) -> None:
    """Ann has cups and a pot; biscuits she may buy again; `purchased=include` and missing consent show all."""
    query = "item_id=tea&fallback=false"
    everything = ["cup-blue", "biscuit", "mug", "pot"]
    assert tea.shelf(query) == everything
    assert tea.shelf(f"{query}&customer_id=ann") == ["biscuit", "mug"]
    assert tea.shelf(f"{query}&customer_id=zo%C3%AB/1") == everything
    assert tea.shelf(f"{query}&customer_id=ann&purchased=include") == everything
    assert tea.shelf(f"{query}&customer_id=ann&consent=session") == everything
    assert tea.shelf(f"{query}&customer_id=nobody") == everything


def test_titles_alike_stand_twice_at_most(serve: Serve, shop: Builders) -> None:
    """Five colours of one bag without family ids: two of them, then something else; the cap is a setting."""
    items: dict[str, dict[str, Any]] = {f"bag-{c}": {"stem": "bag", "orders": 9} for c in "abcde"}
    items |= {"tea": {}, "pot": {}}
    rows = [(f"bag-{c}", 0.9, 3) for c in "abcde"] + [("pot", 0.1, 2)]
    model = shop.model(items, {"cross_sell": {"tea": rows}})
    assert serve(model).shelf("item_id=tea") == ["bag-a", "bag-b", "pot"]
    assert serve(model, stem_cap=4).shelf("item_id=tea") == ["bag-a", "bag-b", "bag-c", "bag-d", "pot"]


def test_an_unknown_item_is_no_error(tea: CheckedClient) -> None:
    """It is listed, and bestsellers stand in for it, unless they are not wanted."""
    answer = tea.get("/recommend?item_id=nothing&item_id=nothing&item_id=tea&item_id=nil").json
    assert answer["missing_ids"] == ["nothing", "nil"]
    assert ids(answer["cross_sell"])[0] == "cup-blue"
    alone = tea.get("/recommend?item_id=nothing&n=2").json
    assert (ids(alone["cross_sell"]), alone["upsell"], alone["fallback"]) == (["tea", "biscuit"], [], "bestsellers")
    assert alone["shelves"]["upsell"]["empty_reason"] == "unknown_item"
    bare = tea.get("/recommend?item_id=nothing&fallback=false").json
    assert (bare["cross_sell"], bare["empty_reason"]) == ([], "unknown_item")


def test_an_item_without_a_vector_says_below_support(tea: CheckedClient) -> None:
    """Known, but too little is known of it."""
    assert tea.get("/recommend?item_id=mug&type=cross_sell&fallback=false").json["empty_reason"] == "below_support"


def test_what_no_order_proves_is_a_fallback(serve: Serve, shop: Builders) -> None:
    """Smoothed vectors also name what merely sells: labelled, at its score, and gone without fallbacks."""
    client = serve(
        shop.tea(vectors={"cross_sell": {"tea": [("mug", 0.1, 0), ("tea-fine", 0.05, 0), ("pot", 0.02, 3)]}})
    )
    items = client.get("/recommend?item_id=tea&n=3&type=cross_sell").json["cross_sell"]
    assert [(i["item_id"], i["source"], i["reason"]["code"], i["score"]) for i in items] == [
        ("mug", "fallback", "bestseller", 0.1),
        ("tea-fine", "fallback", "category_bestseller", 0.05),
        ("pot", "learned", "bought_together", 0.02),
    ]
    assert client.shelf("item_id=tea&fallback=false") == ["pot"]


def test_fields_and_explain_make_answers_small(tea: CheckedClient) -> None:
    """`fields` keeps what is named and `item_id`; `explain=false` leaves reasons out."""
    items = tea.get("/recommend?item_id=tea&n=1&fields=title,price").json["cross_sell"]
    price = {"amount": "8.00", "currency": "EUR"}
    assert items == [{"item_id": "cup-blue", "title": "Cup blue", "price": price}]
    assert tea.get("/recommend?item_id=tea&n=1&fields=title&fields=price").json["cross_sell"] == items
    assert post(tea, cart=[{"item_id": "tea"}], n=1, fields=["title", "price"])["cross_sell"] == items
    assert "reason" not in tea.get("/recommend?item_id=tea&explain=false").json["cross_sell"][0]


def test_ids_may_be_any_text(tea: CheckedClient) -> None:
    """Slashes, spaces, commas and other scripts come and go unharmed."""
    odd = "ünï/çode id,1"
    response = tea.client.get("/recommend", query_string={"item_id": odd, "n": 1})
    assert response.json is not None
    assert response.json["missing_ids"] == []
    assert post(tea, cart=[{"item_id": odd}], n=1)["missing_ids"] == []
    everything = tea.get("/recommend?item_id=tea&n=100&type=cross_sell").json["cross_sell"]
    assert [i["title"] for i in everything if i["item_id"] == odd] == ["„Odd“ — 茶"]


def test_the_alias_names_of_others_work(tea: CheckedClient) -> None:
    """`limit`, `product_id`, `intent=complementary` are `n`, `item_id`, `type=cross_sell`."""
    ours = tea.get("/recommend?item_id=tea&type=cross_sell&n=2").json
    theirs = tea.get("/recommend?product_id=tea&intent=complementary&limit=2").json
    both = tea.get("/recommend?product_id=tea&item_id=tea&intent=complementary&type=cross_sell&limit=2&n=2").json
    assert ours == theirs == both
    body = post(tea, cart=[{"product_id": "tea"}], limit=2, intent="complementary")
    assert body["cross_sell"] == ours["cross_sell"]


@pytest.mark.parametrize("cart", [[], [{"item_id": "tea"}], [{"item_id": "tea"}, {"item_id": "pot"}]])
def test_without_a_model_shelves_are_empty_and_say_so(serve: Serve, cart: list[dict[str, str]]) -> None:
    """200, `no_model`, nothing to cache; readiness is 503, liveness 200."""
    client = serve(None)
    answer = post(client, cart=cart, type="upsell")
    assert (answer["upsell"], answer["empty_reason"], answer["model_version"]) == ([], "no_model", None)
    response = client.get("/recommend?item_id=tea")
    assert response.json["shelves"]["cross_sell"]["empty_reason"] == "no_model"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200
    picks = client.get("/customers/ann/picks").json
    assert (picks["items"], picks["send"], picks["send_reason"]) == ([], False, "no_model")


def test_public_answers_are_cacheable_and_private_ones_are_not(tea: CheckedClient) -> None:
    """One item: tag, 304, a name that stays. A customer, a cart or consent: private, a name of its own."""
    first = tea.get("/recommend?item_id=tea&n=3&utm_source=mail&gclid=x")
    again = tea.get("/recommend?n=3&item_id=tea&type=cross_sell", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert again.headers["ETag"] != first.headers["ETag"]
    same = tea.get("/recommend?n=3&item_id=tea")
    assert same.data == first.data
    assert "public, max-age=60" in same.headers["Cache-Control"]
    tag = first.headers["ETag"]
    for header in (tag, f'W/{tag}, "other"', "*"):
        cached = tea.get("/recommend?limit=3&product_id=tea", headers={"If-None-Match": header})
        assert (cached.status_code, cached.data, cached.headers["ETag"]) == (304, b"", tag)
        assert "public" in cached.headers["Cache-Control"]
    private = ["item_id=tea&customer_id=ann", "item_id=tea&item_id=pot", "item_id=tea&consent=none"]
    for query in private:
        one, two = tea.get(f"/recommend?{query}"), tea.get(f"/recommend?{query}")
        assert one.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in one.headers
        assert one.json["recommendation_id"] != two.json["recommendation_id"]
        assert one.json["cross_sell"] == two.json["cross_sell"]


def test_a_new_version_changes_the_tag(serve: Serve, shop: Builders) -> None:
    """A cached answer ends with its version; every part of an answer comes from one version."""
    client = serve(shop.tea())
    tag = client.get("/recommend?item_id=tea").headers["ETag"]
    name = shop.write(client.root, shop.tea(orders=50), 1)
    response = client.get("/recommend?item_id=tea", headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert response.json["model_version"] == name
    assert response.json["generated_at"] == "2026-11-21T02:01:00+00:00"
    assert json.dumps(response.json).count("20261121T0200Z") == 0
