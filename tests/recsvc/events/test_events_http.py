"""`POST /events`: kept once, rejected one by one, refused whole while the state does not answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsvc.events.door import read_events
from recsvc.state.sqlite import SqliteState

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

Serve = Callable[..., "CheckedClient"]
NOW = 1_790_000_000.0


@pytest.fixture
def state(tmp_path: Path) -> SqliteState:
    """An empty state."""
    return SqliteState(tmp_path / "state.db")


@pytest.fixture
def client(serve: Serve, shop: Builders, state: SqliteState) -> CheckedClient:
    """The tea shop with a memory."""
    return serve(shop.tea(), clock=lambda: NOW, state=state)


def seen(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON
    """An impression."""
    return {"event_id": name, "type": "impression", "items": ["tea", "mug"], **more}


def test_events_are_kept_once_and_bad_ones_rejected_alone(client: CheckedClient, state: SqliteState) -> None:
    """The receipt adds up; a second sending doubles nothing."""
    batch = {"events": [seen("a"), {"event_id": "b", "type": "dance"}, seen("c", customer_id="ann"), seen("a")]}
    first = client.post("/events", json=batch)
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "private, no-store"
    assert {name: first.json[name] for name in ("accepted", "duplicates", "not_stored", "durable")} == {
        "accepted": 2,
        "duplicates": 1,
        "not_stored": 0,
        "durable": True,
    }
    (rejected,) = first.json["rejected"]
    assert (rejected["index"], rejected["field"]) == (1, "type")
    again = client.post("/events", json=batch).json
    assert (again["accepted"], again["duplicates"]) == (0, 3)
    assert [e.event_id for _, e in state.log("", 10)] == ["a", "c"]
    metrics = client.get("/metrics").text
    assert 'recsvc_events_total{outcome="accepted"} 2.0' in metrics
    assert "recsvc_state_durable 1.0" in metrics


def test_segment_and_ga4_bodies_are_batches_too(client: CheckedClient, state: SqliteState) -> None:
    """Segment's `batch`, one `track` call alone, a Measurement Protocol body, one dataLayer push alone."""
    call = {"type": "track", "event": "Product Clicked", "messageId": "m1", "properties": {"product_id": "tea"}}
    push = {"event": "select_item", "ecommerce": {"items": [{"item_id": "mug"}]}}
    measured = {"client_id": "1", "events": [{"name": "view_item", "params": {"items": [{"item_id": "pot"}]}}]}
    for body in ({"batch": [call], "sentAt": "x"}, {**call, "messageId": "m2"}, push, measured):
        assert client.post("/events", json=body).json["accepted"] == 1
    assert [e.items[0].item_id for _, e in state.log("", 10)] == ["tea", "tea", "mug", "pot"]


def test_a_body_that_is_no_batch_is_refused(client: CheckedClient) -> None:
    """Not JSON, no object, no list, too many, another content type, too long."""
    for body in ([], {"events": {}}, {}, {"events": [seen(str(i)) for i in range(1_001)]}):
        assert client.post("/events", json=body).status_code == 400
    assert client.post("/events?x=1", json={"events": []}).status_code == 400
    assert client.post("/events", data=b"{", content_type="application/json").status_code == 400
    assert client.post("/events", data=b"{}", content_type="text/plain").status_code == 415
    long = json.dumps({"events": [seen("x" * 100)] * 999, "pad": "x" * 2_100_000})
    assert client.post("/events", data=long, content_type="application/json").status_code == 413
    big = {"events": [seen(f"e{i}", campaign="x" * 200, placement="y" * 200) for i in range(1_000)]}
    assert len(json.dumps(big)) > 262_144
    assert client.post("/events", json=big).json["accepted"] == 1_000
    assert client.post("/events", json={"events": []}).json["accepted"] == 0


def test_consent_is_honoured(client: CheckedClient, state: SqliteState) -> None:
    """`none` is not kept; `session` is kept without its customer; what a customer said before holds for all."""
    state.set_consent("ben", "session")
    state.set_consent("cat", "none")
    state.erase("dan", int(NOW))
    batch = [
        seen("a", customer_id="ann", consent="none"),
        seen("b", customer_id="ann", consent="session"),
        seen("c", customer_id="ben"),
        seen("d", customer_id="cat"),
        seen("e", customer_id="dan"),
        {"event_id": "f", "type": "email_sent", "customer_id": "ben"},
        seen("g", customer_id="ann"),
    ]
    answer = client.post("/events", json={"events": batch}).json
    assert (answer["accepted"], answer["not_stored"]) == (3, 4)
    assert [(e.event_id, e.customer_id) for _, e in state.log("", 10)] == [("b", None), ("c", None), ("g", "ann")]


def test_without_a_memory_events_are_refused_and_all_else_goes_on(serve: Serve, shop: Builders, tmp_path: Path) -> None:
    """None configured: 503 that says what to set. One that fails: 503 with Retry-After; shelves answer."""
    none = serve(shop.tea())
    refused = none.post("/events", json={"events": [seen("a")]})
    assert refused.status_code == 503
    assert "RECSVC_STATE" in refused.json["detail"]
    (tmp_path / "broken").mkdir()
    broken = serve(shop.tea(), state=SqliteState(tmp_path / "broken"))
    refused = broken.post("/events", json={"events": [seen("a")]})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert broken.shelf("item_id=tea")
    ready = broken.get("/health/ready")
    assert ready.status_code == 200
    assert "state" in ready.json["note"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
names = st.sampled_from(
    ["event_id", "type", "event", "name", "params", "ecommerce", "properties", "items", "item_id", "userId", "time"]
)


@given(
    st.lists(st.dictionaries(names, json_values, max_size=6) | json_values, max_size=4),
    st.dictionaries(names, json_values),
)
def test_any_json_is_kept_or_rejected(said: list[Any], envelope: dict[str, Any]) -> None:
    """Nothing a caller sends is an error of ours, and every part is accounted for; what is kept can be packed."""
    drafts, rejected = read_events(said, envelope, int(NOW))
    assert len(drafts) + len(rejected) == len(said)
    for draft in drafts:
        assert msgspec.msgpack.encode(draft.event)
