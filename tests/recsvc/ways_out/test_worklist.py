"""`recsvc worklist`: whom to contact today, worth most first, and nobody who must be left alone."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recsvc.cli.main import main
from recsvc.state.records import Event, Line
from recsvc.state.sqlite import SqliteState

if TYPE_CHECKING:
    from conftest import Builders


def rows(path: Path) -> list[dict[str, str]]:
    """The file's rows."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_worth_most_come_first_and_the_tired_not_at_all(
    shop: Builders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By hand: whoever has the pot may take tea, 9 of 15 orders, 2.70; a call of yesterday, a cost, a budget cut."""
    day = shop.until_day
    buyers = {name: [("pot", 1, day - 9)] for name in ("ann", "ben", "=cmd")} | {"cat": [("spoon", 1, day - 9)]}
    vectors = {"cross_sell": {"pot": [("tea", 0.7, 9)]}, "upsell": {}}
    shop.write(tmp_path / "models", shop.tea(customers=buyers, vectors=vectors))
    state = SqliteState(tmp_path / "state.db")
    called = int(time.time()) - 86_400
    state.append([Event("e", "impression", called, "ben", (Line("mug"),), "phone")], called)
    monkeypatch.setenv("RECSVC_STATE", str(tmp_path / "state.db"))
    out = tmp_path / "list.csv"
    command = ["worklist", "--models", str(tmp_path / "models"), "--out", str(out)]
    assert main([*command, "--cpa", "1"]) == 0
    found = rows(out)
    assert [(row["customer_id"], row["expected_value"]) for row in found] == [("ann", "2.70")]
    assert "1 customers whose ids are formulas" in capsys.readouterr().out
    assert (found[0]["item_1_id"], found[0]["item_1_reason"]) == ("tea", "Often bought with Tea pot")
    assert found[0]["item_1_say"] == "You have Tea pot; many who do also take Green tea."
    assert main([*command, "--cpa", "1", "--locale", "nl"]) == 0
    assert rows(out)[0]["item_1_say"] == "U hebt Tea pot; velen nemen daar ook Green tea bij."
    assert main([*command, "--budget", "1"]) == 0
    assert len(rows(out)) == 1
    assert main([*command, "--cpa", "2.8"]) == 0
    assert rows(out) == []
    assert state.customer("ann", "x").events == ()
    assert main(command) == 2
    monkeypatch.delenv("RECSVC_STATE")
    assert main([*command, "--budget", "1"]) == 2
    assert "RECSVC_STATE" in capsys.readouterr().err
