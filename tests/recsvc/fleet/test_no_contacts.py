"""No address and no telephone number of an order file comes into a version, into Redis or onto the terminal."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis

from recsvc.cli.main import main

if TYPE_CHECKING:
    from conftest import RedisServer

TOLD = ("person1", "person3@", "shop.example", "@shop", "+49 30", "+4930123", "49 30 123")


def contents(data: bytes) -> list[bytes]:
    """The bytes, and what they unpack to."""
    found = [data]
    for unpack in (zlib.decompress, gzip.decompress):
        try:
            found.append(unpack(data))
        except (zlib.error, OSError, EOFError):
            continue
    return found


def rows(client: redis.Redis) -> list[bytes]:
    """Every key with everything it holds."""
    found: list[bytes] = []
    for key in client.scan_iter(count=1_000):
        kind = client.type(key)
        held: list[bytes] = [key]
        if kind == b"hash":
            held += [part for pair in client.hgetall(key).items() for part in pair]
        elif kind == b"string":
            held.append(client.get(key) or b"")
        else:
            held.append(client.dump(key) or b"")
        found += held
    return found


def test_a_version_and_redis_hold_hashes_alone(
    server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trained and published from orders whose customers are addresses and numbers; the service knows the hash."""
    people = [f"Person{number}@shop.example" for number in range(6)] + [f"+49 30 123{number:04}" for number in range(6)]
    lines = [
        f"{order},{people[order % 12]},{item},2026-01-{order % 28 + 1:02},1,4.5"
        for order in range(48)
        for item in (("tea", "cup") if order % 2 else ("pot", "tea"))
    ]
    orders, models = tmp_path / "orders.csv", tmp_path / "models"
    orders.write_text("\n".join(["order_id,customer_id,item_id,ts,quantity,unit_price", *lines]), "utf-8")
    monkeypatch.setenv("RECSVC_REDIS_URL", server.url)
    assert main(["train", "--orders", str(orders), "--models", str(models)]) == 0
    assert main(["publish", "--models", str(models)]) == 0
    said = capsys.readouterr()
    assert "12 customers are named by an e-mail address or a telephone number" in said.out + said.err
    files = [path for path in models.rglob("*") if path.is_file()]
    client = redis.Redis.from_url(server.url)
    everything = [*(path.read_bytes() for path in files), *rows(client), (said.out + said.err).encode()]
    client.close()
    lowered = [part.lower() for data in everything for part in contents(data)]
    for told in TOLD:
        assert not [part[:80] for part in lowered if told.encode() in part]
    digest = hashlib.sha256(b"person3@shop.example").hexdigest().encode()
    assert any(digest in part for part in lowered)
