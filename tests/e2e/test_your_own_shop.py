"""The tutorial's commands, run as they stand on exports in Shopify's columns."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from recsvc.cli.main import main

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "your-own-shop.md"
ORDERS = "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku"
PRODUCTS = "Handle,Title,Vendor,Type,Published,Option1 Value,Variant SKU,Variant Price,Cost per item,Status"


def test_the_tutorial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command of the page ends well, in its order, and leaves links of things bought together."""
    lines = [ORDERS]
    for n in range(80):
        day, who = f"2026-01-{n % 28 + 1:02} 10:00:00 +0100", f"someone{n % 40}@shop.example"
        lines.append(f"#{n},{who},paid,EUR,{day},1,Tea,4.50,00123")
        lines.append(f"#{n},{who},,,,1,{'Cup' if n % 2 else 'Pot'},9.50,{'CUP' if n % 2 else ''}")
    (tmp_path / "orders_export.csv").write_text("\n".join(lines))
    rows = [PRODUCTS, "tea,Tea,Leaf,Tea,true,Default Title,00123,4.50,2,active"]
    rows += [
        "cup,Cup,Clay,Cups,true,Default Title,CUP,9.50,3,active",
        "pot,Pot,Clay,Pots,true,Default Title,,9.50,3,active",
    ]
    (tmp_path / "products_export.csv").write_text("\n".join(rows))
    monkeypatch.chdir(tmp_path)
    for name in ("RECSVC_MODELS", "RECSVC_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
    commands = re.findall(r"^recsvc .*$", blocks, re.MULTILINE)
    assert [command.split()[1] for command in commands] == ["train", "publish", "export"]
    for command in commands:
        assert main(shlex.split(command)[1:]) == 0, command
    said = capsys.readouterr().out
    assert "read as shopify-orders (" in said
    assert "read as shopify-products (" in said
    assert "have no SKU: their name is their id" in said
    links = (tmp_path / "links.csv").read_text().splitlines()
    assert any(line.startswith("00123,") and "CUP" in line and "Pot" in line for line in links)
