"""A night with a real Redis: published there, refused by a gate or a full server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from models.gate import verdict_path
from models.registry import Registry
from recsvc.cli.main import main
from recsvc.fleet.keys import Keys
from recsvc.fleet.pointer import read_pointer

if TYPE_CHECKING:
    from conftest import CliShop, RedisServer


def test_a_night_moves_the_fleets_pointer(
    cli: CliShop, server: RedisServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The record's version and seq are what Redis and this host point at."""
    monkeypatch.setenv("RECSVC_REDIS_URL", server.url)
    assert main(cli.nightly()) == 0
    record = json.loads(capsys.readouterr().out.splitlines()[-1])
    pointer = read_pointer(server.client, Keys("recsvc"))
    assert (pointer.seq, pointer.version) == (record["seq"], record["version"])
    assert Registry(cli.models).pointer() == pointer


def test_the_live_version_is_the_fleets(
    cli: CliShop, server: RedisServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A trainer on a fresh disk knows of no live version, but the fleet has one: the gate's refusal counts."""
    monkeypatch.setenv("RECSVC_REDIS_URL", server.url)
    assert main(cli.nightly()) == 0
    live = Registry(cli.models).current()
    fresh = cli.folder / "fresh"
    assert main(["train", "--orders", str(cli.orders()), "--currency", "SEK", "--models", str(fresh)]) == 0
    [name] = Registry(fresh).names()
    verdict_path(fresh, name).parent.mkdir()
    verdict_path(fresh, name).write_text('{"verdict": "refuse", "reasons": ["worse"]}')
    assert main(["publish", "--models", str(fresh)]) == 3
    assert f"{live} stays" in capsys.readouterr().err
    assert read_pointer(server.client, Keys("recsvc")).version == live


def test_a_full_redis_is_exit_code_4(
    cli: CliShop, start_redis: Callable[..., RedisServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so loudly, and the pointer stays where it was."""
    server = start_redis("--maxmemory", "1mb", "--maxmemory-policy", "noeviction")
    monkeypatch.setenv("RECSVC_REDIS_URL", server.url)
    assert main(cli.nightly()) == 4
    assert read_pointer(server.client, Keys("recsvc")).version is None
    assert Registry(cli.models).current() is None
