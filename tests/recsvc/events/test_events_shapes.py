"""Events as others send them become events as we keep them."""

from __future__ import annotations

from typing import Any

import pytest

from recsvc.events.door import read_events
from recsvc.state.records import Event, Line
from training.readers.contacts import contact_hash

NOW = 1_800_000_000


def one(document: Any, **envelope: Any) -> Event:  # noqa: ANN401  # any JSON
    """The one event that a document is."""
    drafts, rejected = read_events([document], envelope, NOW)
    assert rejected == []
    return drafts[0].event


def fault(document: Any, **envelope: Any) -> tuple[str, str]:  # noqa: ANN401  # any JSON
    """What is wrong with a document."""
    drafts, rejected = read_events([{"event_id": "ok", "type": "click"}, document], envelope, NOW)
    assert len(drafts) == len(rejected) == 1
    assert rejected[0].index == 1
    return rejected[0].field, rejected[0].message


def test_our_own_shape() -> None:
    """Every field, an item alone or several, a time in any zone; defaults where nothing is said."""
    event = one(
        {
            "event_id": "e1",
            "type": "purchase",
            "time": "2026-11-21T11:00:00+01:00",
            "customer_id": "ann",
            "items": [{"item_id": "tea", "quantity": 2, "price": "4.50"}, "cup", {"item_id": "pot", "price": 35}],
            "channel": "web",
            "placement": "cart",
            "campaign": "c",
            "order_id": "o1",
            "recommendation_id": "r_1",
        }
    )
    lines = (Line("tea", 2.0, "4.50"), Line("cup"), Line("pot", None, "35"))
    assert event == Event("e1", "purchase", 1_795_255_200, "ann", lines, "web", "cart", "c", "o1", "r_1")
    assert one({"event_id": "e2", "type": "view", "item_id": "tea"}) == Event("e2", "view", NOW, None, (Line("tea"),))
    assert one({"event_id": "e3", "type": "purchase", "item_id": "tea"}).order_id == "e3"
    assert one({"event_id": "e4", "type": "email_sent", "customer_id": "ann"}).channel == "email"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"event_id": None}, "event_id", "expected"),
        ({"event_id": ""}, "event_id", "length"),
        ({"type": "bought"}, "type", "nvalid"),
        ({"colour": "red"}, "colour", "not known"),
        ({"item_id": None}, "items", "impression needs at least one item"),
        ({"items": ["tea"]}, "item_id", "beside items"),
        ({"items": [{"item_id": "tea", "quantity": 0}], "item_id": None}, "items[0].quantity", "> 0"),
        ({"time": "yesterday"}, "time", "2026-11-21T10:00:00Z"),
        ({"time": "1999-12-31"}, "time", "2000"),
        ({"time": "2099-01-01"}, "time", "ahead"),
        ({"type": "declined"}, "customer_id", "needs a customer"),
        ({"type": "return", "item_id": None}, "order_id", "needs items or an order"),
        ({"customer_id": "ann@shop.example"}, "customer_id", "e-mail"),
        ({"customer_id": "+49 30 1234567"}, "customer_id", "telephone"),
        ({"event_id": "mail-7/ann@shop.example"}, "event_id", "e-mail"),
        ({"campaign": "to:ann@shop.example"}, "campaign", "e-mail"),
        ({"order_id": "ann@shop.example"}, "order_id", "e-mail"),
        ({"customer_id": "x" * 257}, "customer_id", "256"),
        ({"channel": "fax"}, "channel", "nvalid"),
        ({"campaign": "\ud800"}, "", "half a character"),
    ],
)
def test_a_bad_event_names_its_field(changes: dict[str, Any], field: str, words: str) -> None:
    """One thing wrong at a time; the message says what it should be."""
    document = {"event_id": "e1", "type": "impression", "item_id": "tea", **changes}
    document = {name: value for name, value in document.items() if value is not None or name == "event_id"}
    at_fault, message = fault(document)
    assert at_fault == field
    assert words in message


@pytest.mark.parametrize("document", [5, None, "text", [], [[]]])
def test_what_is_no_object_is_rejected_alone(document: Any) -> None:  # noqa: ANN401  # any JSON
    """The others of its batch are kept."""
    assert fault(document) == ("", "is a JSON object")


def test_ga4_measurement_protocol() -> None:
    """A purchase as the documentation has it; who and when stand around it; extra parameters are left out."""
    params = {
        "currency": "USD",
        "transaction_id": "T_12345",
        "value": 30.03,
        "coupon": "SUMMER",
        "items": [
            {"item_id": "SKU_12345", "item_name": "Stan and Friends Tee", "price": 10.01, "quantity": 3, "index": 0}
        ],
    }
    around = {"client_id": "123.456", "user_id": "ann", "timestamp_micros": "1789990000000000"}
    event = one({"name": "purchase", "params": params}, **around)
    assert event == Event(
        "ga4:purchase:T_12345", "purchase", 1_789_990_000, "ann", (Line("SKU_12345", 3.0, "10.01"),), "web", None, None,
        "T_12345",
    )  # fmt: skip
    assert fault({"name": "page_view", "params": {}})[0] == "name"
    assert fault({"name": "purchase", "params": []}) == ("params", "is an object")


def test_ga4_data_layer() -> None:
    """What a page pushes: a list seen and an item chosen from it."""
    items = [{"item_id": "a", "item_list_id": "rec_pdp_cross", "index": 1}, {"item_id": "b", "index": 2}]
    seen = one({"event": "view_item_list", "ecommerce": {"items": items}})
    assert (seen.type, [part.item_id for part in seen.items], seen.placement) == (
        "impression",
        ["a", "b"],
        "rec_pdp_cross",
    )
    chosen = one({"event": "select_item", "ecommerce": {"item_list_id": "x", "items": items[:1]}})
    assert (chosen.type, chosen.placement, chosen.customer_id) == ("click", "x", None)


def test_a_data_layer_may_carry_more() -> None:
    """A name and a visitor beside `ecommerce`, as tag managers push them; numbers as text; what is null is not said."""
    push = {
        "event": "purchase",
        "event_id": "1700000000000.42",
        "client_id": "11.22",
        "user_id": 4711,
        "gtm.uniqueEventId": 9,
        "ecommerce": {
            "transaction_id": 77,
            "value": "21.00",
            "items": [{"item_id": "a", "quantity": "2", "price": "10.50", "coupon": None}],
        },
    }
    event = one(push)
    assert (event.event_id, event.customer_id, event.order_id) == ("1700000000000.42", "4711", "77")
    assert event.items == (Line("a", 2.0, "10.50"),)
    chosen = {"event": "select_item", "ecommerce": {"items": [{"item_id": "a"}]}}
    assert one({**chosen, "client_id": "1"}).event_id != one({**chosen, "client_id": "2"}).event_id
    assert one({**chosen, "client_id": "1"}).event_id == one(chosen, client_id="1").event_id


def test_a_customer_number_filled_up_with_zeros_is_no_telephone() -> None:
    """Ten places, as SAP has them; training takes the same ids for the same."""
    event = {"event_id": "e", "type": "view", "item_id": "tea"}
    for number in ("0012345678", "0000004711", "00123"):
        assert one({**event, "customer_id": number}).customer_id == number
        assert contact_hash(number) is None
    for contact in ("0049 30 1234567", "+49301234567", "ann@shop.example"):
        assert fault({**event, "customer_id": contact})[0] == "customer_id"
        assert contact_hash(contact) is not None


def test_an_event_without_a_name_gets_the_same_one_again() -> None:
    """Sent twice it is a duplicate; another second, visitor or item makes another event."""
    document = {"name": "select_item", "params": {"items": [{"item_id": "a"}]}}
    first = one(document, client_id="1", timestamp_micros=1_789_990_000_000_000)
    assert first.event_id == one(document, client_id="1", timestamp_micros=1_789_990_000_000_009).event_id
    others = [
        one(document, client_id="2", timestamp_micros=1_789_990_000_000_000),
        one(document, client_id="1", timestamp_micros=1_789_990_001_000_000),
        one({"name": "select_item", "params": {"items": [{"item_id": "b"}]}}, client_id="1"),
    ]
    assert len({first.event_id, *(other.event_id for other in others)}) == 4


def test_segment() -> None:
    """Order Completed, Product Clicked and Email Opened as the specification has them; no trait is kept."""
    order = one(
        {
            "messageId": "022bb90c",
            "type": "track",
            "event": "Order Completed",
            "userId": "ann",
            "timestamp": "2026-09-21T10:00:00.000Z",
            "context": {"traits": {"email": "ann@shop.example", "phone": "+49301234567"}, "ip": "8.8.8.8"},
            "properties": {
                "order_id": "50314b8e",
                "email": "ann@shop.example",
                "products": [{"product_id": "507f1f77", "sku": "45790-32", "price": 19, "quantity": 1}],
            },
        }
    )
    assert order == Event(
        "022bb90c", "purchase", 1_789_984_800, "ann", (Line("507f1f77", 1.0, "19"),), "web", None, None, "50314b8e"
    )
    clicked = one({"event": "Product Clicked", "properties": {"sku": "45790-32", "position": 3}, "messageId": "m"})
    assert (clicked.type, clicked.items) == ("click", (Line("45790-32"),))
    opened = {"event": "Email Opened", "userId": "ann", "messageId": "m2", "properties": {"campaign_id": "c9"}}
    assert (one(opened).type, one(opened).campaign, one(opened).channel) == ("email_open", "c9", "email")
    assert one({"event": "Order Refunded", "messageId": "m3", "properties": {"order_id": "o"}}).type == "return"
    assert fault({"event": "Application Opened", "messageId": "m4"})[0] == "event"
    assert fault({"type": "identify", "event": "x", "messageId": "m5"})[0] == "type"
    assert fault({**opened, "userId": "ann@shop.example"})[0] == "userId"
    assert fault({**opened, "userId": None})[0] == "userId"
