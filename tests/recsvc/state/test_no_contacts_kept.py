"""Whatever callers send, no address, number or name of a person comes into memory, archive, log or answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from recsvc.cli.main import main

if TYPE_CHECKING:
    from conftest import Builders, RedisServer, Served

TOLD = ("someone@mail.example", "mail.example", "+49301234567", "49 30 123", "Erika", "Mustermann", "8.8.8.8")
PERSON = {
    "email": "someone@mail.example",
    "phone": "+49301234567",
    "firstName": "Erika",
    "last_name": "Mustermann",
    "address": {"street": "Mustermann 1"},
}
SEGMENT = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m1",
    "userId": "c4711",
    "context": {"traits": PERSON, "ip": "8.8.8.8"},
    "properties": {**PERSON, "order_id": "o1", "products": [{"product_id": "tea", "name": "Tea", "buyer": "Erika"}]},
}
GA4 = {
    "name": "purchase",
    "params": {"transaction_id": "t1", "user_data": PERSON, "items": [{"item_id": "mug", "item_brand": "Mustermann"}]},
}
OURS: dict[str, Any] = {"event_id": "e1", "type": "click", "customer_id": "c4711", "item_id": "tea", "channel": "email"}
BAD = [
    {**OURS, "customer_id": "someone@mail.example"},
    {**OURS, "customer_id": "+49 30 1234567"},
    {**OURS, "event_id": "click-someone@mail.example"},
    {**OURS, "campaign": "Erika <someone@mail.example>"},
    {**SEGMENT, "messageId": "m2", "userId": "someone@mail.example"},
]


def ask(service: Served, path: str, body: object = None, method: str = "GET") -> str:
    """An answer's text: it was understood, or refused."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=10)
    data = None if body is None else json.dumps(body)
    connection.request(method, path, data, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert answer.status in (200, 400)
    return text


def test_no_person_is_kept_or_repeated(
    served: Callable[..., Served],
    state_server: Callable[..., RedisServer],
    shop: Builders,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Redis and its file, the archive, the service's own log, the copy of erasures, and every answer are searched."""
    store, models = state_server(), tmp_path / "models"
    shop.write(models, shop.tea())
    service = served("--workers", "1", "--models", str(models), RECSVC_STATE_URL=store.url, RECSVC_REQUEST_LOG="text")
    kept = json.loads(ask(service, "/events", {"batch": [SEGMENT], "context": {"traits": PERSON}}, "POST"))
    assert kept["accepted"] == 1
    assert json.loads(ask(service, "/events", {"user_id": "c4711", "events": [GA4]}, "POST"))["accepted"] == 1
    refused = ask(service, "/events", {"events": [OURS, *BAD]}, "POST")
    assert (json.loads(refused)["accepted"], len(json.loads(refused)["rejected"])) == (1, len(BAD))
    answers = [refused, ask(service, "/customers/c4711/data"), ask(service, "/customers/c4711/picks")]
    for who in ("someone@mail.example", "%2B49301234567"):
        answers += [ask(service, f"/customers/{who}/{path}") for path in ("picks", "data", "replenish")]
        answers += [ask(service, f"/customers/{who}/data", method="DELETE")]
        answers += [ask(service, f"/recommend?item_id=tea&customer_id={who}")]
    answers.append(ask(service, "/recommend", {"cart": [], "customer_id": "someone@mail.example"}, "POST"))
    monkeypatch.setenv("RECSVC_STATE_URL", store.url)
    monkeypatch.delenv("RECSVC_STATE", raising=False)
    assert main(["events", "archive", "--out", str(tmp_path / "archive")]) == 0
    rows = [store.client.dump(key) or b"" for key in store.client.scan_iter()]
    files = [path for path in (*store.socket.parent.rglob("*"), *tmp_path.rglob("*")) if path.is_file()]
    everything = [*rows, *(path.read_bytes() for path in files), *(answer.encode() for answer in answers)]
    assert any(b"c4711" in part for part in everything)
    for told in TOLD:
        assert not [part[:80] for part in everything if told.lower().encode() in part.lower()]
