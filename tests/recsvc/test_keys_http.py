"""Keys over HTTP: who gets in, what they see, what caches may keep, and what the specification says of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import TestResponse

from recsvc.keys.changes import Wanted, add, revoke, rotate
from recsvc.keys.file import read_keys, write_keys
from recsvc.keys.records import SCOPES, Scope
from recsvc.keys.tokens import Signer, TokenScope
from recsvc.state.sqlite import SqliteState

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105  # a test's
PAGE = "https://shop.example"
TEA = "/recommend?item_id=tea"
EXPLAIN = "/explain?item_id=tea&candidate_id=pot-silver&type=upsell"
CART = {"cart": [{"item_id": "tea"}]}
PUBLIC_CACHE = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"


@dataclass
class Guarded:
    """A service with keys: one per scope, `all` and `public`."""

    client: CheckedClient
    path: Path
    time: float

    def get(self, path: str, key: str | None = None, **headers: str) -> TestResponse:
        """GET with a key by its name."""
        return self.client.get(path, headers=self._headers(key, headers))

    def post(self, path: str, key: str | None = None, *, body: Any = None, **headers: str) -> TestResponse:  # noqa: ANN401  # any JSON
        """POST a cart with a key by its name."""
        return self.client.post(path, json=body or CART, headers=self._headers(key, headers))

    def page(self, path: str, origin: str = PAGE, **headers: str) -> TestResponse:
        """GET with the public key in the address, from a page."""
        return self.client.get(f"{path}&key={secret_of('public')}", headers={"Origin": origin, **headers})

    def token(
        self, customer_id: str, scope: TokenScope = "email", seconds: int = 600, namespace: str = "recsvc"
    ) -> str:
        """A customer's token."""
        return Signer((SECRET.encode(),), namespace).sign(customer_id, scope, int(self.time) + seconds)

    def _headers(self, key: str | None, headers: Mapping[str, str]) -> dict[str, str]:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        return said if key is None else {"X-API-Key": secret_of(key), **said}


def secret_of(name: str) -> str:
    """The secret of a key, by its name."""
    return f"{'pk' if name.startswith('public') else 'sk'}_{name}-of-256-random-bits"


@pytest.fixture
def guarded(serve: Callable[..., CheckedClient], shop: Builders, tmp_path: Path) -> Guarded:
    """The tea shop behind keys."""
    path = tmp_path / "keys.json"
    wanted = [Wanted((scope,), name=scope) for scope in SCOPES]
    wanted.append(Wanted(("recommend", "customers"), name="backend"))
    wanted.append(Wanted(("recommend",), public=True, origins=(PAGE, "http://localhost:8080"), rate=60, name="public"))
    wanted.append(Wanted(("recommend",), public=True, origins=("https://other.example",), rate=2, name="public-other"))
    keys = ()
    for each in wanted:
        keys = add(keys, each, secret_of(each.name or ""), NOW)
    write_keys(path, keys)
    found = Guarded(None, path, NOW.timestamp())  # type: ignore[arg-type]  # filled in the next line
    memory = SqliteState(tmp_path / "state.db")
    found.client = serve(shop.tea(), clock=lambda: found.time, keys=path, token_secret=SECRET, state=memory)
    return found


def few() -> dict[str, Any]:
    """A shop where tea and cup were bought together 3 times, tea 40 times, rare things twice."""
    return {
        "items": {
            "tea": {"price": 4, "orders": 40},
            "cup": {"price": 8, "orders": 30},
            "pot": {"price": 30, "orders": 9},
            "rare": {"price": 90, "orders": 2},
        },
        "vectors": {
            "cross_sell": {"tea": [("cup", 0.5, 3), ("pot", 0.4, 5), ("rare", 0.3, 2)]},
            "upsell": {"tea": [("pot", 0.4, 1)]},
        },
    }


@pytest.mark.parametrize("path", [TEA, "/customers/ann/picks", "/metrics", "/customers/nobody/picks"])
@pytest.mark.parametrize("said", [{}, {"X-API-Key": ""}, {"X-API-Key": "sk_unknown"}, {"X-API-Key": "sk_recommend"}])
def test_without_a_known_key_nobody_gets_in(guarded: Guarded, path: str, said: dict[str, str]) -> None:
    """401, with a challenge that no browser prompts for, and no cache keeps it."""
    response = guarded.client.get(path, headers=said)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("X-API-Key")
    assert response.headers["Cache-Control"] == "no-store"
    if said.get("X-API-Key"):
        assert said["X-API-Key"] not in response.text
    assert guarded.client.get("/recommend").status_code == 401  # before a word about parameters


def test_health_and_the_specification_are_open(guarded: Guarded) -> None:
    """A balancer and a developer need no key; what does not exist needs none either."""
    for path in ("/health/live", "/health/ready", "/openapi.json"):
        assert guarded.get(path).status_code == 200
    assert guarded.get("/none").status_code == 404
    assert guarded.client.client.put("/recommend").status_code == 405


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_does_what_its_scope_says_and_no_more(guarded: Guarded, scope: Scope) -> None:
    """Every scope on every guarded path; admin may do everything."""
    opened = {
        TEA: {"recommend", "admin"},
        f"{TEA}&customer_id=ann": {"admin"},
        "/customers/ann/picks": {"customers", "admin"},
        EXPLAIN: {"recommend", "admin"},
        f"{EXPLAIN}&customer_id=ann": {"admin"},
        "/metrics": {"admin"},
    }
    for path, scopes in opened.items():
        response = guarded.get(path, scope)
        assert response.status_code == (200 if scope in scopes else 403), (path, scope)
    assert guarded.post("/recommend", scope).status_code == (200 if scope in {"recommend", "admin"} else 403)


def test_naming_a_customer_needs_both_scopes(guarded: Guarded) -> None:
    """In the query or the body; with consent withheld too, for the rule should be simple."""
    for more in ("", "&consent=none"):
        assert guarded.get(f"{TEA}&customer_id=ann{more}", "backend").status_code == 200
        refused = guarded.get(f"{TEA}&customer_id=ann{more}", "recommend")
        assert refused.status_code == 403
        assert "customers" in refused.json["detail"]
    assert guarded.post("/recommend", "backend", body={**CART, "customer_id": "ann"}).status_code == 200
    assert guarded.post("/recommend", "recommend", body={**CART, "customer_id": "ann"}).status_code == 403


def test_a_refusal_does_not_tell_who_exists(guarded: Guarded) -> None:
    """Known and unknown customers: the same status, headers and bytes, with any key, token or none."""

    def seen(response: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
        return response.status_code, response.data, sorted(response.headers.items())

    token = guarded.token("zoë/1")
    for key in ("recommend", "events", None):
        for query in ("", f"?token={token}", "?token=nonsense", f"?token={guarded.token('zoë/1', seconds=-9_999)}"):
            known, unknown = (guarded.get(f"/customers/{name}/picks{query}", key) for name in ("ann", "not"))
            assert known.status_code in {401, 403}
            assert seen(known) == seen(unknown)


def test_a_customers_own_token_is_not_told_what_a_customer_is(guarded: Guarded) -> None:
    """Whether they buy as a business is for the shop's own servers."""
    assert guarded.get("/customers/ann/picks", "customers").json["business"] is False
    own = guarded.get(f"/customers/ann/picks?token={guarded.token('ann')}", None)
    assert own.status_code == 200
    assert "business" not in own.json


def test_a_public_key_asks_for_shelves_from_its_pages_alone(guarded: Guarded) -> None:
    """Item and cart shelves; not customers, not counters; not from elsewhere, nor from nowhere."""
    assert guarded.page(TEA).status_code == 200
    assert guarded.page(TEA, "http://localhost:8080").status_code == 200
    assert guarded.post("/recommend", "public", Origin=PAGE).status_code == 200
    assert guarded.post(f"/recommend?key={secret_of('public')}", Origin=PAGE).status_code == 200
    for origin in ("https://evil.example", "https://shop.example.evil.example", "null", "https://shop.example:444"):
        refused = guarded.page(TEA, origin)
        assert refused.status_code == 403
        assert "Access-Control-Allow-Origin" not in refused.headers
    assert guarded.get(TEA, "public").status_code == 403
    assert guarded.get(f"{TEA}&customer_id=ann", "public", Origin=PAGE).status_code == 403
    assert guarded.post("/recommend", "public", body={**CART, "customer_id": "ann"}, Origin=PAGE).status_code == 403
    assert guarded.get("/customers/ann/picks", "public", Origin=PAGE).status_code == 403
    assert guarded.get(EXPLAIN, "public", Origin=PAGE).status_code == 403
    assert guarded.get("/metrics", "public", Origin=PAGE).status_code == 403


def test_a_page_on_the_services_own_host_is_known_by_its_referer(guarded: Guarded) -> None:
    """Browsers send no Origin there; a page elsewhere cannot choose its Referer, and nonsense is none."""
    assert guarded.get(TEA, "public", Referer=f"{PAGE}/tea?x=1").status_code == 200
    for referer in ("https://evil.example/https://shop.example", "http://[", "shop.example", ""):
        assert guarded.get(TEA, "public", Referer=referer).status_code == 403
    assert guarded.get(TEA, "public", Origin="https://evil.example", Referer=f"{PAGE}/").status_code == 403


def test_a_listed_page_may_read_the_answer_and_errors_too(guarded: Guarded) -> None:
    """CORS echoes the one origin, never `*`; without it no page may read, whatever the key."""
    for response in (
        guarded.page(TEA),
        guarded.page(f"{TEA}&n=0"),
        guarded.get("/recommend?item_id=tea&item_id=cup-red", "public", Origin=PAGE),
        guarded.page(TEA, If_None_Match="x"),
    ):
        assert response.headers["Access-Control-Allow-Origin"] == PAGE
        assert {"X-API-Key", "Origin"} <= {name.strip() for name in response.headers["Vary"].split(",")}
    assert "Access-Control-Allow-Origin" not in guarded.get(TEA, "recommend", Origin=PAGE).headers
    assert "Access-Control-Allow-Origin" not in guarded.client.get("/health/ready", headers={"Origin": PAGE}).headers


def test_a_browser_that_asks_beforehand_is_answered(guarded: Guarded) -> None:
    """OPTIONS needs no key: the one in the address decides, without one any listed page; others hear nothing."""

    def ask(path: str, origin: str, method: str = "POST") -> Mapping[str, str]:
        headers = {"Origin": origin, "Access-Control-Request-Method": method}
        response = guarded.client.client.options(path, headers=headers)
        assert response.status_code == 200
        return response.headers

    for path in ("/recommend", f"/recommend?key={secret_of('public')}"):
        told = ask(path, PAGE)
        assert told["Access-Control-Allow-Origin"] == PAGE
        assert {"GET", "POST"} <= set(told["Access-Control-Allow-Methods"].split(", "))
        assert "Content-Type" in told["Access-Control-Allow-Headers"]
        assert "Origin" in told["Vary"]
    assert "Access-Control-Allow-Origin" in ask("/customers/ann/picks", PAGE, "GET")
    assert "Access-Control-Allow-Origin" in ask("/recommend", "https://other.example")
    assert "Access-Control-Allow-Origin" not in ask(f"/recommend?key={secret_of('public')}", "https://other.example")
    for path in ("/recommend", "/recommend?key=pk_unknown", f"/recommend?key={secret_of('recommend')}"):
        assert "Access-Control-Allow-Origin" not in ask(path, "https://evil.example")
    assert "Access-Control-Allow-Origin" not in ask("/metrics", PAGE, "GET")


def test_a_secret_key_in_an_address_is_refused(guarded: Guarded) -> None:
    """Logs keep addresses; so the caller hears to rotate it. Two keys are no key."""
    response = guarded.client.get(f"{TEA}&key={secret_of('recommend')}")
    assert response.status_code == 401
    assert "rotate" in response.json["detail"]
    assert guarded.get(f"{TEA}&key={secret_of('public')}", "recommend").status_code == 401
    assert guarded.client.get(f"{TEA}&key=a&key=b").status_code == 401


def test_a_public_key_is_limited_per_client(guarded: Guarded) -> None:
    """429 with whole seconds to wait, which the page may read; another address goes on; secret keys are not counted."""
    headers = {"X-API-Key": secret_of("public-other"), "Origin": "https://other.example"}

    def ask(address: str) -> TestResponse:
        return guarded.client.get(TEA, headers=headers, environ_overrides={"REMOTE_ADDR": address})

    assert [ask("192.0.2.1").status_code for _ in range(3)] == [200, 200, 429]
    late = ask("192.0.2.1")
    assert 1 <= int(late.headers["Retry-After"]) <= 30
    assert late.headers["Access-Control-Allow-Origin"] == "https://other.example"
    assert ask("192.0.2.2").status_code == 200
    secret = {"X-API-Key": secret_of("recommend")}
    assert {guarded.client.client.get(TEA, headers=secret).status_code for _ in range(400)} == {200}


def test_behind_proxies_the_client_is_whom_the_last_of_them_saw(
    serve: Callable[..., CheckedClient], shop: Builders, guarded: Guarded
) -> None:
    """RECSVC_PROXIES entries from the right are believed, none further left, which anybody can write."""
    client = serve(shop.tea(), keys=guarded.path, proxies=1)
    headers = {"X-API-Key": secret_of("public-other"), "Origin": "https://other.example"}

    def ask(forwarded: str) -> int:
        return client.get(TEA, headers={**headers, "X-Forwarded-For": forwarded}).status_code

    assert [ask(f"10.9.9.{i}, 192.0.2.1") for i in range(3)] == [200, 200, 429]
    assert ask("192.0.2.2") == 200


def test_what_each_view_sees(serve: Callable[..., CheckedClient], shop: Builders, guarded: Guarded) -> None:
    """Public: no score, of a reason code and text. Secret: counts of five and more. Admin: everything."""
    client = serve(shop.model(**few()), keys=guarded.path)

    def shelf(name: str, kind: str = "cross_sell", **headers: str) -> dict[str, Any]:
        response = client.get(f"{TEA}&type={kind}", headers={"X-API-Key": secret_of(name), **headers})
        return {item["item_id"]: item for item in response.json[kind]}

    public, secret, admin = shelf("public", Origin=PAGE), shelf("recommend"), shelf("admin")
    assert list(public) == list(secret) == list(admin)
    for item in public.values():
        assert "score" not in item
        assert set(item["reason"]) == {"code", "text"}
    cup = {"orders_with_item": 40, "orders_with_candidate": 30, "window_days": 180}
    assert admin["cup"]["reason"]["evidence"] == {**cup, "orders_together": 3, "lift": 0.25}
    assert secret["cup"]["reason"]["evidence"] == cup
    assert secret["rare"]["reason"]["evidence"] == {"orders_with_item": 40, "window_days": 180}
    assert secret["pot"]["reason"]["evidence"] == admin["pot"]["reason"]["evidence"]
    assert secret["pot"]["reason"]["evidence"]["orders_together"] == 5
    assert shelf("recommend", "upsell")["pot"]["reason"]["evidence"].keys() == {
        "customers_with_item",
        "orders_with_item",
        "orders_with_candidate",
        "window_days",
    }
    cart = client.post("/recommend", json=CART, headers={"X-API-Key": secret_of("public"), "Origin": PAGE})
    assert "evidence" not in cart.text
    assert "score" not in cart.text
    named = client.get(f"{TEA}&fields=score,reason", headers={"X-API-Key": secret_of("public"), "Origin": PAGE})
    assert {key for item in named.json["cross_sell"] for key in item} == {"item_id", "reason"}


def test_a_customers_own_orders_are_theirs(guarded: Guarded) -> None:
    """A secret key sees how often this customer bought; a token shows what the sentence says and no evidence."""
    picks = guarded.get("/customers/ann/picks", "customers").json["items"]
    (due,) = [item for item in picks if item["reason"]["code"] == "due_again"]
    assert due["reason"]["evidence"]["own_orders"] == 4
    shown = guarded.get(f"/customers/ann/picks?token={guarded.token('ann')}").json["items"]
    assert [item["item_id"] for item in shown] == [item["item_id"] for item in picks]
    assert all(set(item["reason"]) == {"code", "text"} and "score" not in item for item in shown)


def test_caches_never_mix_views(guarded: Guarded) -> None:
    """Public answers may be shared, those of secret keys kept by the asker alone.

    Tags and names differ by view, so that none revalidates another's; every answer says that it varies with the key.
    """
    seen = {
        "public": guarded.page(TEA),
        "secret": guarded.get(TEA, "recommend"),
        "admin": guarded.get(TEA, "admin"),
    }
    assert seen["public"].headers["Cache-Control"] == PUBLIC_CACHE
    for name in ("secret", "admin"):
        assert seen[name].headers["Cache-Control"].startswith("private, max-age=60")
    assert all("X-API-Key" in response.headers["Vary"] for response in seen.values())
    assert len({response.headers["ETag"] for response in seen.values()}) == 3
    assert len({response.json["recommendation_id"] for response in seen.values()}) == 3
    for name, response in seen.items():
        again = {
            "public": guarded.page(TEA, **{"If-None-Match": response.headers["ETag"]}),
            "secret": guarded.get(TEA, "backend", If_None_Match=response.headers["ETag"]),
            "admin": guarded.get(TEA, "admin", If_None_Match=response.headers["ETag"]),
        }
        assert {view: found.status_code for view, found in again.items()} == {
            view: 304 if view == name else 200 for view in again
        }
        assert again[name].headers["Cache-Control"] == response.headers["Cache-Control"]
        assert "X-API-Key" in again[name].headers["Vary"]
    token = guarded.token("ann", "web")
    for response in (
        guarded.get(f"{TEA}&customer_id=ann&token={token}"),
        guarded.get(f"/customers/ann/picks?token={token}"),
        guarded.post("/recommend", "public", Origin=PAGE),
    ):
        assert response.headers["Cache-Control"] == "private, no-store"


def test_a_thousand_tokens_open_their_own_customers_alone(
    serve: Callable[..., CheckedClient], shop: Builders, guarded: Guarded
) -> None:
    """1,000 pairs of a token and another customer, half of them known: all 403, with one and the same body."""
    client = serve(shop.tea(), clock=lambda: guarded.time, keys=guarded.path, token_secret=SECRET)
    people = [*("ann", "ben", "zoë%2F1"), *(f"c{i}" for i in range(97))]
    bodies = set()
    refused = 0
    for i in range(1_000):
        mine, theirs = people[i % 100], people[(i % 100 + 1 + i // 100) % 100]
        token = guarded.token(mine.replace("%2F", "/"))
        response = client.client.get(f"/customers/{theirs}/picks?token={token}")
        refused += response.status_code == 403
        bodies.add(response.data)
    assert (refused, len(bodies)) == (1_000, 1)
    for person in people[:5]:
        response = client.get(f"/customers/{person}/picks?token={guarded.token(person.replace('%2F', '/'))}")
        assert response.status_code == 200


def test_a_token_opens_what_it_is_for(guarded: Guarded) -> None:
    """`email`: picks. `web`: /recommend with the customer too, alone or beside a public key on its page."""
    email, web = guarded.token("ann"), guarded.token("ann", "web")
    assert guarded.get(f"/customers/ann/picks?n=2&token={email}").json["count"] == 2
    assert guarded.get(f"/customers/ann/picks?token={web}").status_code == 200
    assert guarded.page(f"/customers/ann/picks?token={web}").headers["Access-Control-Allow-Origin"] == PAGE
    mine = f"{TEA}&customer_id=ann"
    assert guarded.get(f"{mine}&token={web}").status_code == 200
    assert guarded.page(f"{mine}&token={web}").status_code == 200
    assert guarded.post(f"/recommend?token={web}", body={**CART, "customer_id": "ann"}).status_code == 200
    bought = [item["item_id"] for item in guarded.get(f"{mine}&token={web}&type=cross_sell").json["cross_sell"]]
    assert "cup-blue" not in bought
    for path in (f"{mine}&token={email}", f"{TEA}&customer_id=ben&token={web}"):
        assert guarded.get(path).status_code == 403
        assert guarded.page(path).status_code == 403
    assert guarded.post(f"/recommend?token={web}", body={**CART, "customer_id": "ben"}).status_code == 403
    assert guarded.get(f"{TEA}&token={web}").status_code == 401  # a token is no key
    assert guarded.get(f"/metrics?token={web}").status_code == 401
    assert guarded.page(f"/customers/ann/picks?token={web}", "https://evil.example").status_code == 403


def test_bad_tokens_are_refused(guarded: Guarded) -> None:
    """Expired, of another shop, too long, or no token at all: 403; five minutes of clock drift are forgiven."""
    for token in (
        guarded.token("ann", seconds=-301),
        guarded.token("ann", namespace="other"),
        guarded.token("ann", "email", 31 * 86_400),
        guarded.token("ann", "web", 2 * 86_400),
        "",
        "nonsense",
    ):
        assert guarded.get(f"/customers/ann/picks?token={token}").status_code == 403
    assert guarded.get(f"/customers/ann/picks?token={guarded.token('ann', seconds=-299)}").status_code == 200


def test_a_token_alone_is_limited_too(guarded: Guarded) -> None:
    """300 a minute for one customer, whatever the address; another customer goes on."""
    token = guarded.token("ann")
    found = [guarded.client.client.get(f"/customers/ann/picks?n=1&token={token}").status_code for _ in range(302)]
    assert found == [200] * 300 + [429] * 2
    assert guarded.get(f"/customers/ben/picks?token={guarded.token('ben')}").status_code == 200


def test_keys_change_while_the_service_runs(guarded: Guarded) -> None:
    """Rotated: both secrets until the grace ends. Revoked: refused. Broken: as before, and /health/ready says so."""
    keys = rotate(read_keys(guarded.path), "recommend", "sk_new", NOW, timedelta(hours=1))
    write_keys(guarded.path, keys)
    new = {"X-API-Key": "sk_new"}
    assert guarded.get(TEA, "recommend").status_code == guarded.client.get(TEA, headers=new).status_code == 200
    guarded.time += 3_600
    assert guarded.get(TEA, "recommend").status_code == 401
    assert guarded.client.get(TEA, headers=new).status_code == 200
    write_keys(guarded.path, revoke(keys, "backend", old_only=False))
    assert guarded.get(TEA, "backend").status_code == 401
    assert guarded.get("/health/ready").json["note"] is None
    guarded.path.write_text('{"format": 1, "keys": [')
    assert guarded.client.get(TEA, headers=new).status_code == 200
    note = guarded.get("/health/ready").json["note"]
    assert "keys" in note
    assert str(guarded.path) not in note


def test_a_service_that_never_read_its_keys_lets_nobody_in(serve: Callable[..., CheckedClient], shop: Builders) -> None:
    """503 rather than 401: the key may well be good."""
    client = serve(shop.tea(), keys=Path("/nowhere/keys.json"))
    response = client.get(TEA, headers={"X-API-Key": "sk_any"})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


def test_without_keys_nothing_is_asked(tea: CheckedClient) -> None:
    """As before: everything open and shown, credentials that come along ignored, no CORS, nothing that varies."""
    response = tea.get(f"{TEA}&key=pk_any&token=1.2", headers={"Origin": PAGE, "X-API-Key": "x"})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == PUBLIC_CACHE
    assert "Vary" not in response.headers
    assert "Access-Control-Allow-Origin" not in response.headers
    assert response.json["cross_sell"][0]["reason"]["evidence"]["orders_together"] == 24
    assert "score" in response.json["cross_sell"][0]
    assert tea.get("/customers/ann/picks?token=x").status_code == tea.get("/metrics").status_code == 200
    assert "security" not in json.dumps(tea.specification)


def test_the_specification_tells_of_keys(guarded: Guarded) -> None:
    """Every path says what opens it, in schemes that are defined, and which refusals it gives; open paths say that."""
    found = guarded.client.specification
    schemes = found["components"]["securitySchemes"]
    assert {(scheme["in"], scheme["name"]) for scheme in schemes.values()} == {
        ("header", "X-API-Key"),
        ("query", "key"),
        ("query", "token"),
    }
    opened = set()
    for path, operations in found["paths"].items():
        for operation in operations.values():
            if not operation["security"]:
                opened.add(path)
                assert not {"401", "403", "429"} & set(operation["responses"])
                continue
            assert {"401", "403"} <= set(operation["responses"])
            limited = any({"public_key", "customer_token"} & set(way) for way in operation["security"])
            assert ("429" in operation["responses"]) == limited
            for way in operation["security"]:
                assert set(way) <= set(schemes)
    assert opened == {"/health/live", "/health/ready", "/openapi.json"}
    assert "Retry-After" in found["paths"]["/recommend"]["get"]["responses"]["429"]["headers"]


def test_every_way_that_the_specification_names_opens(guarded: Guarded) -> None:
    """Each alternative under `security`, tried with just its credentials, is a 200; without any of them a 401."""
    asked = {
        "/recommend": f"{TEA}&customer_id=ann",
        "/explain": EXPLAIN,
        "/customers/{customer_id}/picks": "/customers/ann/picks?n=1",
        "/customers/{customer_id}/replenish": "/customers/ann/replenish",
    }
    bodies: dict[tuple[str, str], Any] = {
        ("post", "/events"): {"events": []},
        ("put", "/customers/{customer_id}/consent"): {"consent": "full"},
        ("put", "/customers/{customer_id}/purchases"): {"item_id": "tea", "use": False},
    }
    for path, operations in guarded.client.specification["paths"].items():
        if path.startswith(("/events", "/items")):
            continue  # they need a state, and are asked with one in their own tests
        for method, operation in operations.items():
            for way in operation["security"]:
                url = asked.get(path, path.replace("{customer_id}", "ann"))
                if "customer_token" not in way and path == "/recommend":
                    url = TEA
                for scope in way.get("customer_token", [None]):
                    said = [f"token={guarded.token('ann', scope)}"] if scope else []
                    said += [f"key={secret_of('public')}"] if "public_key" in way else []
                    headers = {"Origin": PAGE} | ({"X-API-Key": secret_of(way["key"][0])} if "key" in way else {})
                    options: dict[str, Any] = {"json": bodies[method, path]} if (method, path) in bodies else {}
                    if (method, path) in {("post", "/recommend"), ("post", "/recommend/batch")}:
                        url = path
                        one = {**CART, "customer_id": "ann"} if scope else CART
                        options = {"json": {"requests": [one]} if path.endswith("/batch") else one}
                    joined = url + ("&" if "?" in url else "?") + "&".join(said) if said else url
                    response = getattr(guarded.client, method)(joined, headers=headers, **options)
                    assert response.status_code == 200, (path, way, response.text)


def test_no_key_is_ever_logged_or_answered(guarded: Guarded, caplog: pytest.LogCaptureFixture) -> None:
    """Every outcome, at the most talkative level: neither secrets nor tokens in logs, bodies or headers."""
    token = guarded.token("ann", "web")
    secrets = [secret_of(name) for name in ("recommend", "admin", "public", "backend")] + [token, "sk_mistyped"]
    with caplog.at_level(logging.DEBUG):
        answers = [
            guarded.get(TEA, "recommend"),
            guarded.get("/metrics", "admin"),
            guarded.page(TEA),
            guarded.page(f"{TEA}&n=0&token={token}"),
            guarded.page(TEA, "https://evil.example"),
            guarded.client.get(f"{TEA}&key=sk_mistyped"),
            guarded.client.get(f"{TEA}&key={secret_of('backend')}"),
            guarded.get(f"/customers/ben/picks?token={token}"),
            guarded.get(f"/customers/ann/picks?token={token}"),
            guarded.client.get(f"/none?key={secret_of('admin')}"),
        ]
        guarded.path.write_text("{")
        answers.append(guarded.get(TEA, "recommend"))
    said = caplog.text + "".join(response.text + str(response.headers) for response in answers)
    assert "no list of keys" in caplog.text
    assert [secret for secret in secrets if secret in said] == []


def test_an_explanation_keeps_small_counts_for_admins(guarded: Guarded) -> None:
    """24 orders are told to a secret key; 4 customers neither in numbers nor in words, but to `admin`."""
    four = "/explain?item_id=cup-blue&candidate_id=mug&type=upsell"
    many = guarded.get("/explain?item_id=tea&candidate_id=cup-blue&type=cross_sell", "recommend").json
    assert many["vector"]["together"] == 24
    said = guarded.get(four, "recommend").json
    assert "together" not in said["vector"]
    assert not any(letter.isdigit() for v in said["verdicts"] if v["gate"] == "evidence" for letter in v["text"])
    assert guarded.get(four, "admin").json["vector"]["together"] == 4
