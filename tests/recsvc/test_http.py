"""Bad input, bounds and errors: problem documents with the field at fault, never a 5xx."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsvc.shelves import recommend

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

Serve = Callable[..., "CheckedClient"]
CART = {"cart": [{"item_id": "tea"}]}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "item_id"),
        ("item_id=", "item_id[0]"),
        ("item_id=" + "x" * 257, "item_id[0]"),
        ("item_id=a&n=0", "n"),
        ("item_id=a&n=-1", "n"),
        ("item_id=a&n=101", "n"),
        ("item_id=a&n=1000000000", "n"),
        ("item_id=a&n=" + "9" * 400, "n"),
        ("item_id=a&n=ten", "n"),
        ("item_id=a&n=1.0", "n"),
        ("item_id=a&n=%201", "n"),
        ("item_id=a&n=٣", "n"),
        ("item_id=a&n=1&n=2", "n"),
        ("item_id=a&limit=0", "limit"),
        ("item_id=a&limit=1&n=2", "n"),
        ("item_id=a&n=2&limit=1", "limit"),
        ("item_id=a&product_id=b", "product_id"),
        ("item_id=a&type=upsell&intent=complementary", "intent"),
        ("item_id=a&intent=related", "intent"),
        ("item_id=a&type=sideways", "type"),
        ("item_id=a&min_price=cheap", "min_price"),
        ("item_id=a&min_price=-1", "min_price"),
        ("item_id=a&max_price=1.23456", "max_price"),
        ("item_id=a&max_price=1%0A", "max_price"),
        ("item_id=a&max_price=%D9%A1", "max_price"),
        ("item_id=a&in_stock=1", "in_stock"),
        ("item_id=a&fallback=no", "fallback"),
        ("item_id=a&customer_id=", "customer_id"),
        ("item_id=a&purchased=later", "purchased"),
        ("item_id=a&consent=maybe", "consent"),
        ("item_id=a&fields=colour", "fields[0]"),
        ("item_id=a&fields=", "fields[0]"),
        ("item_id=a&colour=red", "colour"),
        ("item_id=a&cart=b", "cart"),
        ("&".join(f"item_id={i}" for i in range(101)), "item_id"),
        ("item_id=a&" + "&".join(f"exclude={i}" for i in range(101)), "exclude"),
    ],
)
def test_a_bad_parameter_is_a_400_that_names_it(tea: CheckedClient, query: str, field: str) -> None:
    """The name as the caller spelled it, and what it should be."""
    response = tea.get(f"/recommend?{query}")
    assert response.status_code == 400
    assert [error["field"] for error in response.json["errors"]] == [field]
    assert field in response.json["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", ""),
        (b"{", ""),
        (b"\xff\xfe", ""),
        (b'{"cart":[{"item_id":"\xff"}]}', ""),
        (b'{"cart":[],"\xff":1}', ""),
        (b"[" * 100_000, ""),
        (b'{"cart":' + b"[" * 100_000, ""),
        (b"[]", ""),
        (b"null", ""),
        (b'"cart"', ""),
        (b"{}", "cart"),
        (b'{"cart":"tea"}', "cart"),
        (b'{"cart":["tea"]}', "cart[0]"),
        (b'{"cart":[{}]}', "cart[0].item_id"),
        (b'{"cart":[{"item_id":7}]}', "cart[0].item_id"),
        (b'{"cart":[{"item_id":"a","product_id":"b"}]}', "product_id"),
        (b'{"cart":[{"item_id":"a","size":1}]}', "cart[0].size"),
        (b'{"cart":[{"item_id":"a","quantity":0}]}', "cart[0].quantity"),
        (b'{"cart":[{"item_id":"a","quantity":"2"}]}', "cart[0].quantity"),
        (b'{"cart":[],"n":"10"}', "n"),
        (b'{"cart":[],"n":true}', "n"),
        (b'{"cart":[],"n":1.5}', "n"),
        (b'{"cart":[],"limit":0}', "limit"),
        (b'{"cart":[],"limit":1,"n":2}', "limit"),
        (b'{"cart":[],"min_price":-1}', "min_price"),
        (b'{"cart":[],"min_price":"1,50"}', "min_price"),
        (b'{"cart":[],"exclude":"tea"}', "exclude"),
        (b'{"cart":[],"fields":["colour"]}', "fields[0]"),
        (b'{"cart":[],"colour":1}', "colour"),
        (b'{"cart":[{"item_id":"\\ud800"}]}', ""),
    ],
)
def test_a_bad_body_is_a_400_that_names_the_field(tea: CheckedClient, body: bytes, field: str) -> None:
    """Types are strict: text is no number, a list is no object."""
    response = tea.post("/recommend", data=body, content_type="application/json")
    assert response.status_code == 400, response.text
    assert [error["field"] for error in response.json["errors"]] == [field]


def test_null_is_absent_and_whole_numbers_are_integers_in_a_body(tea: CheckedClient) -> None:
    """Shops post `customer_id: null` for guests; JSON has one kind of number."""
    assert tea.post("/recommend", json={**CART, "n": 1.0}).json["shelves"]["cross_sell"]["count"] == 1
    nulls = {"type": None, "customer_id": None, "min_price": None, "max_price": None, "fields": None}
    assert tea.post("/recommend", json={**CART, **nulls}).json["cross_sell"]


def test_a_cart_has_a_thousand_lines_at_most(tea: CheckedClient) -> None:
    """A thousand are answered, one more is refused."""
    lines = [{"item_id": f"i{i}"} for i in range(1_001)]
    assert tea.post("/recommend", json={"cart": lines[:1_000]}).status_code == 200
    response = tea.post("/recommend", json={"cart": lines})
    assert (response.status_code, response.json["errors"][0]["field"]) == (400, "cart")


def test_every_other_error_is_a_problem_too(serve: Serve, shop: Builders) -> None:
    """404, 405 with Allow, 413, 414, 415: the same shape; nothing redirects."""
    client = serve(shop.tea(), max_body_bytes=2_000, max_url_bytes=300)
    assert client.get("/").status_code == 404
    assert client.get("/recommend/").status_code == 404
    assert client.get("//recommend").status_code == 404
    assert client.get("/customers//picks").status_code == 404
    put = client.client.put("/recommend")
    assert (put.status_code, put.mimetype) == (405, "application/problem+json")
    assert {"GET", "POST"} <= set(put.headers["Allow"].split(", "))
    large = client.post("/recommend", data=json.dumps({"cart": [], "x": "y" * 3_000}), content_type="application/json")
    assert large.status_code == 413
    assert client.get("/recommend?item_id=" + "x" * 300).status_code == 414
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert client.post("/recommend", data=b"{}", content_type=kind).status_code == 415
    assert client.post("/recommend?n=1", json=CART).status_code == 400
    assert client.get("/customers/" + "x" * 257 + "/picks").json["errors"][0]["field"] == "customer_id"
    assert client.get("/customers/ann/picks?n=0").json["errors"][0]["field"] == "n"


def test_a_fault_of_ours_is_a_problem_without_its_secrets(
    tea: CheckedClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """500, logged with its trace, which the caller does not see."""

    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("recsvc.web.app.recommend", broken)
    response = tea.get("/recommend?item_id=tea")
    assert response.status_code == 500
    assert "secret" not in response.text
    assert "secret" in caplog.text
    assert recommend.__name__ == "recommend"


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["item_id", "n", "type", "min_price", "exclude", "in_stock", "fields", "limit", "utm_x", "é"]),
        st.one_of(st.text(), st.sampled_from(["tea", "1", "upsell", "true", "2.5", "title,price"])),
    )
)
def test_no_query_breaks_the_service(tea: CheckedClient, query: dict[str, str]) -> None:
    """Any text in any parameter: 200 or 400, as specified."""
    text = "&".join(
        f"{quote(k, safe='')}={quote(v.encode('utf-8', 'surrogatepass'), safe='')}" for k, v in query.items()
    )
    assert tea.get(f"/recommend?{text}").status_code in {200, 400}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["item_id", "quantity", "n"]), inner),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["cart", "n", "type", "exclude", "min_price", "limit", "fields"]), JSON))
def test_no_body_breaks_the_service(tea: CheckedClient, body: dict[str, object]) -> None:
    """Any JSON in any field: 200 or 400, as specified."""
    data = json.dumps(body).encode("utf-8", "surrogatepass")
    assert tea.post("/recommend", data=data, content_type="application/json").status_code in {200, 400}


def test_a_chunked_body_over_the_limit_is_413(tea: CheckedClient) -> None:
    """Without a length in its head it is not cut at the limit and read as if that were all."""
    data = b" " * 300_000 + json.dumps(CART).encode()
    response = tea.post(
        "/recommend",
        input_stream=io.BytesIO(data),
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert response.status_code == 413
    assert response.content_type == "application/problem+json"


def test_invented_methods_are_counted_as_one(tea: CheckedClient) -> None:
    """A caller cannot make labels."""
    for at in range(3):
        assert tea.client.open("/recommend", method=f"MADE{at}").status_code == 405
    counted = [
        line for line in tea.client.get("/metrics").text.splitlines() if line.startswith("recsvc_requests_total")
    ]
    assert 'recsvc_requests_total{method="other",route="none",status="405"} 3.0' in counted
    assert not [line for line in counted if "MADE" in line]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"cart":[],"n":"3"}', "n: expected a whole number, got text"),
        (b'{"cart":[],"n":101}', "n: expected a whole number <= 100"),
        (b'{"cart":{}}', "cart: expected a list, got an object"),
        (b'{"cart":[{"item_id":7}]}', "cart[0].item_id: expected text, got a whole number"),
        (b'{"cart":[],"customer_id":[]}', "customer_id: expected text or null, got a list"),
        (b'{"cart":[],"in_stock":"yes"}', "in_stock: expected true or false, got text"),
    ],
)
def test_problems_speak_plainly(tea: CheckedClient, body: bytes, message: str) -> None:
    """What is expected and what came, without the names of any programming language's types."""
    detail = tea.post("/recommend", data=body, content_type="application/json").json["detail"]
    assert detail.startswith(message)
    assert "`" not in detail
