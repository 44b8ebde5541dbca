"""`recsvc evaluate`, from an order file to reports."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from recsvc.cli.main import main
from recsvc.cli.served import served
from training.pipeline import build_model
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.settings import TrainSettings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Orders of a shop of pairs, with some noise."""
    random = np.random.default_rng(3)
    path = tmp_path / "orders.csv"
    with path.open("w", newline="", encoding="utf-8") as target:
        out = csv.writer(target)
        out.writerow(["order_id", "customer_id", "item_id", "ts", "quantity", "unit_price"])
        for n in range(300):
            pair = int(random.integers(0, 8)) * 2
            for item in sorted({pair, pair + 1, int(random.integers(0, 16))}):
                day = f"2025-{1 + n // 28:02}-{1 + n % 28:02}"
                out.writerow([f"o{n:03}", f"c{n % 40}", f"i{item:02}", f"{day}T10:00:00Z", 1, "2.50"])
    return path


def test_reports_are_written_and_ours_beats_popularity(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table goes to the terminal, figures and a page to files; a shop of pairs is no hard question."""
    data, page = file.with_name("q.json"), file.with_name("q.html")
    argv = ["evaluate", "--orders", str(file), "--against", "popularity,confidence", "--threads", "1"]
    assert main([*argv, "--json", str(data), "--html", str(page)]) == 0
    figures = json.loads(data.read_text("utf-8"))
    tables = figures["tables"]
    over = {line["name"]: line["ndcg_gain"] for line in tables["page_gains"]["lines"]}
    assert over["over popularity"]["low"] > 0.2
    for kind in ("page", "cart", "growing"):
        assert {line["name"] for line in tables[kind]["lines"]} == {"recsvc", "popularity", "confidence"}
    assert "Product pages (" in capsys.readouterr().out
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_a_report_that_cannot_be_written_is_still_shown(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table stands on the terminal before any file is tried; exit code 2 names the file."""
    data = file.with_name("none") / "q.json"
    argv = ["evaluate", "--orders", str(file), "--against", "popularity", "--queries", "20", "--threads", "1"]
    assert main([*argv, "--json", str(data)]) == 2
    said = capsys.readouterr()
    assert "Product pages (" in said.out
    assert f"{data}: No such file or directory" in said.err


def test_an_unknown_peer_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message says which peers there are."""
    assert main(["evaluate", "--orders", str(file), "--against", "magic"]) == 2
    assert "unknown peer 'magic'; known: popularity" in capsys.readouterr().err


def test_a_model_is_asked_as_it_is_served(file: Path) -> None:
    """A page shows the item's own vector in its order; nothing in a cart is proposed; nothing stands twice."""
    orders, _ = read_orders([file], ReadOptions(), None)
    model = build_model(orders, None, TrainSettings())
    vectors = model.vectors["cross_sell"]
    carts = sp.csr_array(np.eye(16, dtype=np.float32)[[3]] + np.array([np.zeros(16), np.eye(16)[5]], np.float32))
    lists = served(model)(carts)
    assert lists[0].tolist() == vectors.item[vectors.row(3)][:10].tolist()
    assert not {3, 5} & set(lists[1].tolist())
    assert len(set(lists[1].tolist())) == 10


def test_known_customers_are_measured_with_and_without(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--personal`: all targets, repeats and new ones apart; on all of them the first line is the reference."""
    data = file.with_name("p.json")
    argv = ["evaluate", "--personal", "--orders", str(file), "--threads", "1", "--json", str(data)]
    assert main(argv) == 0
    tables = json.loads(data.read_text("utf-8"))["tables"]
    assert set(tables) == {f"{kind}{part}" for kind in ("page", "growing") for part in ("", "_repeat", "_new")}
    for key, table in tables.items():
        assert table["lines"][0]["name"] == "customer unknown"
        assert table["lines"][0]["gain"] is None
        assert table["lines"][-1]["name"] == f"customer known, purchased={'exclude' if '_new' in key else 'include'}"
    assert "page: new to the customer" in capsys.readouterr().out
