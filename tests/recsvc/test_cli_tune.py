"""`recsvc train --tune`: the choice is kept, used again, and made anew when it is old."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.gate import Verdict, write_verdict
from models.registry import Registry
from recsvc.cli.main import main
from recsvc.cli.tuned import NAME, tuned
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.records import Orders
from training.settings import TrainSettings
from training.worth import OBJECTIVES

if TYPE_CHECKING:
    from conftest import CliShop

START = TrainSettings(picks=0)


@pytest.fixture
def orders(cli: CliShop) -> Orders:
    """Three hundred baskets over two months."""
    random = np.random.default_rng(2)
    lines = [
        f"o{number:03d},i{item},c{number % 40},2026-0{1 + number // 150}-{1 + number % 28:02d},1,2.5"
        for number in range(300)
        for item in sorted({*random.choice(12, 3, replace=False).tolist(), number % 12, (number + 1) % 12})
    ]
    path = cli.write("many.csv", ["order_id,item_id,customer_id,ts,quantity,unit_price", *lines])
    return read_orders([path], ReadOptions(), None)[0]


def choose(root: Path, orders: Orders, start: TrainSettings = START, **given: object) -> tuple[TrainSettings, str]:
    """Tune as `recsvc train` does; the settings, and what it says."""
    args = {"tune": True, "tune_budget": 6, "tune_timeout": None, "threads": 1, **given}
    settings, told = tuned(argparse.Namespace(**args), root, orders, None, start, lambda _stage, _share: None)
    return settings, " ".join(told)


def test_the_choice_is_kept_and_used_again(cli: CliShop, orders: Orders) -> None:
    """The second night reads the first one's file, says so, and trains with the same settings; the file has it all."""
    cli.models.mkdir()
    settings, told = choose(cli.models, orders)
    document = json.loads((cli.models / NAME).read_text("utf-8"))
    assert "never tuned before" in told
    assert (document["orders"], document["truncated"], len(document["trials"])) == (300, False, 5)
    assert {name: getattr(settings, name) for name in document["chosen"]} == document["chosen"]
    before = (cli.models / NAME).read_bytes()
    again, told = choose(cli.models, orders)
    assert again == settings
    assert "still hold" in told
    assert (cli.models / NAME).read_bytes() == before


def test_it_is_chosen_anew_when_it_is_old(cli: CliShop, orders: Orders) -> None:
    """A quarter more orders, ninety days, other settings to begin with, or a file that is broken."""
    cli.models.mkdir()
    choose(cli.models, orders)
    file = cli.models / NAME
    fresh = file.read_text("utf-8")

    def why(change: dict[str, object], start: TrainSettings = START) -> str:
        file.write_text(json.dumps(json.loads(fresh) | change), "utf-8")
        return choose(cli.models, orders, start, tune_budget=1)[1]

    assert "orders grew from 239 to 300" in why({"orders": 239})
    assert "still hold" in why({"orders": 241})
    assert "more than 90 days" in why({"until": int(orders.time[-1]) - 91 * 86_400})
    assert "others now" in why({}, dataclasses.replace(START, neighbours=50))
    assert "cannot be understood" in why({"chosen": {"trend": 99}})
    file.write_text("{", "utf-8")
    assert "cannot be understood" in choose(cli.models, orders, tune_budget=1)[1]


def test_a_refused_version_is_a_reason_to_choose_anew(cli: CliShop, orders: Orders) -> None:
    """The gate's word on the newest version counts, whatever the file says."""
    config = cli.write("train.toml", ["picks = 0"])
    files = ["--orders", str(cli.folder / "many.csv"), "--models", str(cli.models), "--config", str(config)]
    assert main(["train", *files, "--tune", "--tune-budget", "1"]) == 0
    assert "still hold" in choose(cli.models, orders)[1]
    [name] = Registry(cli.models).names()
    write_verdict(cli.models, name, Verdict(False, ("worse",)))
    assert f"the gate refused {name}" in choose(cli.models, orders, tune_budget=1)[1]


def test_a_timeout_is_told(cli: CliShop, orders: Orders) -> None:
    """Out of time at once: the defaults, and the word truncated, in the report and in the file."""
    cli.models.mkdir()
    settings, told = choose(cli.models, orders, tune_timeout=1e-9)
    assert settings == START
    assert "truncated" in told
    assert json.loads((cli.models / NAME).read_text("utf-8"))["truncated"] is True


@pytest.mark.parametrize("option", [["--tune-budget", "0"], ["--tune-timeout", "0"]])
def test_odd_options_are_refused(cli: CliShop, option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and a sentence that names the option."""
    assert main([*cli.train(), "--tune", *option]) == 2
    assert option[0] in capsys.readouterr().err


def test_without_the_option_nothing_is_tuned(cli: CliShop, orders: Orders) -> None:
    """The settings are those given, and no file appears."""
    cli.models.mkdir()
    assert choose(cli.models, orders, tune=False) == (START, "")
    assert not (cli.models / NAME).exists()


def test_the_trade_off_of_an_objective_is_printed(
    cli: CliShop, orders: Orders, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ranked for revenue the report says what that costs in nDCG and brings; without costs margin is refused."""
    assert orders.n_orders == 300
    config = cli.write("train.toml", ["picks = 0"])
    files = ["--orders", str(cli.folder / "many.csv"), "--models", str(cli.models), "--config", str(config)]
    assert main(["train", *files, "--objective", "revenue"]) == 0
    printed = capsys.readouterr().out
    assert "note: ranked for revenue: on product pages" in printed
    assert "revenue per shown place" in printed
    [name] = Registry(cli.models).names()
    assert Registry(cli.models).open(name).model.settings["cross_sell_objective"] == OBJECTIVES["revenue"]
    assert main(["train", *files, "--objective", "margin"]) == 2
    assert "column `cost`" in capsys.readouterr().err
