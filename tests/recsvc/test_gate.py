"""The gate of a training run, from order files to verdicts: what passes, what is refused, what stops a run."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from models.gate import read_verdict
from models.registry import Registry
from recsvc.cli.main import main

Order = tuple[str, str, list[str]]


def day(number: int) -> str:
    """The morning of a day of the year."""
    return str(np.datetime64("2025-01-01") + np.timedelta64(number, "D"))


def pairs(start: int, stop: int, *, shift: int = 1, items: int = 16) -> list[Order]:
    """Four orders a day: item i is bought with item i + `shift`, and now and then with another."""
    random = np.random.default_rng(start)
    found = []
    for number in range(start, stop):
        one = int(random.integers(0, items))
        basket = {one, (one + shift) % items} | ({int(random.integers(0, items))} if number % 3 == 0 else set())
        found.append((f"o{number}", day(number // 4), [f"i{item:02}" for item in sorted(basket)]))
    return found


class Nights:
    """A shop whose orders are trained on night after night."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.models = folder, folder / "models"

    def run(self, command: str, orders: Iterable[Order], *options: str, settings: str = "") -> int:
        """Train on the orders; the exit code."""
        path, config = self.folder / "orders.csv", self.folder / "train.toml"
        with path.open("w", newline="", encoding="utf-8") as target:
            out = csv.writer(target)
            out.writerow(["order_id", "customer_id", "item_id", "ts", "quantity"])
            for order, moment, items in orders:
                out.writerows([order, f"c{int(order[1:]) % 50}", item, f"{moment}T09:00:00Z", 1] for item in items)
        config.write_text(f"picks = 0\nrerank = 0\n{settings}")  # neither is what is judged here, and both take time
        argv = [command, "--orders", str(path), "--models", str(self.models), "--config", str(config)]
        return main([*argv, "--threads", "1", *options])

    @property
    def newest(self) -> str:
        """The version written last."""
        return Registry(self.models).names()[0]


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    """A shop with a live version, learnt from 800 orders."""
    shop = Nights(tmp_path)
    assert shop.run("nightly", pairs(0, 800)) == 0
    return shop


GATE = "[gate]\nmin_baskets = 100\n"


def test_without_a_live_version_nothing_is_judged(tmp_path: Path) -> None:
    """There is nothing to fall behind."""
    shop = Nights(tmp_path)
    assert shop.run("train", pairs(0, 200)) == 0
    assert read_verdict(shop.models, shop.newest) is None


def test_an_ordinary_night_passes(nights: Nights, capsys: pytest.CaptureFixture[str]) -> None:
    """New orders like the old ones: compared on the newer baskets, and published."""
    assert nights.run("nightly", pairs(0, 950), settings=GATE) == 0
    record = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert record["gate"] == "passed"
    verdict = read_verdict(nights.models, nights.newest)
    assert verdict is not None
    assert verdict.figures["baskets"] == 150
    assert set(verdict.figures["ndcg"]) == {"page", "cart", "growing"}  # type: ignore[call-overload]  # an object


def test_worse_settings_are_refused(nights: Nights, capsys: pytest.CaptureFixture[str]) -> None:
    """Settings under which hardly a pair counts answer the newer baskets worse; the live version stays."""
    before = Registry(nights.models).current()
    assert nights.run("nightly", pairs(0, 950), settings=f"min_support = 1000\n{GATE}") == 3
    record = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert "nDCG@10 of page questions: -" in record["message"]
    assert "empty shelf" in record["message"]
    assert Registry(nights.models).current() == before
    assert main(["publish", nights.newest, "--models", str(nights.models)]) == 3
    assert main(["publish", nights.newest, "--models", str(nights.models), "--force"]) == 0


def test_changed_settings_are_compared_on_the_last_tenth(nights: Nights) -> None:
    """With few newer baskets both settings are tried on old ones, so that a change is never judged by nothing."""
    gate = "[gate]\nmin_baskets = 60\n"
    assert nights.run("train", pairs(0, 801), settings=f"min_support = 1000\n{gate}") == 0
    verdict = read_verdict(nights.models, nights.newest)
    assert verdict is not None
    assert not verdict.passed
    assert verdict.figures["window"] == "the last 81 baskets of all"


def test_the_same_settings_are_not_compared_with_themselves(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ordinary night with few new orders costs no second training."""
    trained: list[int] = []
    build: Callable[..., object] = __import__("recsvc.cli.judge", fromlist=["build_model"]).build_model

    def counted(*args: object, **options: object) -> object:
        trained.append(1)
        return build(*args, **options)

    monkeypatch.setattr("recsvc.cli.judge.build_model", counted)
    assert nights.run("train", pairs(0, 803)) == 0
    verdict = read_verdict(nights.models, nights.newest)
    assert verdict is not None
    assert verdict.passed
    assert str(verdict.figures["window"]).startswith("not compared: the settings are the same, and 3 baskets")
    assert not trained


def test_another_past_is_refused(tmp_path: Path) -> None:
    """The same item ids with other companions, as from a wrong join: shelves change by more than age explains."""
    shop = Nights(tmp_path)
    assert shop.run("nightly", pairs(0, 800, items=60)) == 0
    assert shop.run("train", pairs(0, 810, items=60, shift=17)) == 0
    verdict = read_verdict(shop.models, shop.newest)
    assert verdict is not None
    assert not verdict.passed
    assert "hold something else" in verdict.reasons[0]


def test_no_gate_leaves_no_verdict(nights: Nights, capsys: pytest.CaptureFixture[str]) -> None:
    """And publishing says so."""
    assert nights.run("nightly", pairs(0, 810, shift=5), "--no-gate") == 0
    assert "no verdict stands beside" in capsys.readouterr().out
    assert read_verdict(nights.models, nights.newest) is None


def test_a_feed_that_shrank_stops_the_run(nights: Nights, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 before anything is trained, with the numbers; --force trains all the same."""
    before = Registry(nights.models).names()
    assert nights.run("nightly", pairs(0, 500)) == 2
    message = json.loads(capsys.readouterr().out.splitlines()[-1])["message"]
    assert "500 orders, 38 % fewer than the 800 before" in message
    assert "--force" in message
    assert Registry(nights.models).names() == before
    assert nights.run("train", pairs(0, 500), "--force") == 0


def test_other_ids_stop_the_run(nights: Nights, capsys: pytest.CaptureFixture[str]) -> None:
    """As when an export switches from article numbers to database ids."""
    renamed = [(order, moment, [f"x{item}" for item in items]) for order, moment, items in pairs(0, 800)]
    assert nights.run("train", renamed) == 2
    assert "16 of the 16 item ids before are gone, such as 'i00', 'i01', 'i02'" in capsys.readouterr().err


def test_a_catalogue_left_out_stops_the_run(nights: Nights, capsys: pytest.CaptureFixture[str]) -> None:
    """A live version with a catalogue is not replaced by one without."""
    listed = nights.folder / "catalogue.csv"
    listed.write_text("item_id,title\n" + "".join(f"i{item:02},Item {item}\n" for item in range(16)))
    assert nights.run("nightly", pairs(0, 800), "--catalogue", str(listed)) == 0
    assert nights.run("nightly", pairs(0, 800)) == 2
    assert "no catalogue is given, and the live version's lists 16 items" in capsys.readouterr().err


def test_a_live_version_that_cannot_be_read_is_told(nights: Nights, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to compare with; the report does not hide it."""
    current = str(Registry(nights.models).current())
    part = nights.models / current / "facts.orders.npy"
    part.write_bytes(part.read_bytes()[:-1])
    assert nights.run("train", pairs(0, 200)) == 0
    assert "the live version cannot be read, the new one was not judged beside it" in capsys.readouterr().out
