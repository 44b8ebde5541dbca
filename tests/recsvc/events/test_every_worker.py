"""What one worker was told, all of them know at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Builders, RedisServer, Served


def ask(service: Served, path: str, body: object = None, method: str = "GET") -> Any:  # noqa: ANN401  # JSON
    """An answer over a connection of its own, so by whichever worker takes it."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=10)
    connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    assert answer.status == 200, told
    return told


@pytest.mark.parametrize("peer", ["sqlite", "redis"])
def test_a_purchase_and_an_erasure_hold_in_every_worker_from_the_answer_on(
    served: Callable[..., Served],
    start_redis: Callable[..., RedisServer],
    shop: Builders,
    tmp_path: Path,
    peer: str,
) -> None:
    """Three workers, forty connections: what was bought is in none of the answers, and then the customer is nobody."""
    settings = {"RECSVC_STATE": str(tmp_path / "state.db")}
    if peer == "redis":
        settings = {"RECSVC_STATE_URL": start_redis("--appendonly", "yes", "--appendfsync", "always").url}
    shop.write(tmp_path / "models", shop.tea())
    service = served("--workers", "3", "--models", str(tmp_path / "models"), **settings)
    warm = [ask(service, "/customers/ann/picks?n=2&campaign=a") for _ in range(10)]
    assert warm == [warm[0]] * 10
    bought = warm[0]["items"][0]["item_id"]
    event = {"event_id": "e1", "type": "purchase", "customer_id": "ann", "item_id": bought}
    receipt = ask(service, "/events", {"events": [event]}, "POST")
    assert (receipt["accepted"], receipt["durable"]) == (1, True)
    answers = [ask(service, "/customers/ann/picks?n=2&campaign=a") for _ in range(40)]
    assert [a for a in answers if bought in {item["item_id"] for item in a["items"]}] == []
    ask(service, "/customers/ann/data", method="DELETE")
    answers = [ask(service, "/customers/ann/picks?campaign=b") for _ in range(40)]
    assert {answer["source"] for answer in answers} == {"popular"}
    assert [ask(service, "/customers/ann/data")["events"] for _ in range(10)] == [[]] * 10
