"""`recsvc train` as it is typed: what it prints, its exit codes, and what it leaves when it refuses."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from models.registry import Registry
from recsvc.cli.main import main

if TYPE_CHECKING:
    from conftest import CliShop


def test_the_report_adds_up(cli: CliShop, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines read are the lines kept and dropped by reason, of the orders and of the catalogue; guesses are told."""
    orders = cli.orders(
        extra=[
            "0,tea,c0,2026-01-01,1,4.5,complete",
            "900,tea,ann,,1,4.5,complete",
            "901,tea,,2026-01-02,1,1,cancelled",
        ]
    )
    catalogue = cli.catalogue(extra=["tea,Other tea,Tea,5", ",Nameless,,", "mug,Mug,Cups,dear"])
    assert main(["train", "--orders", str(orders), "--catalogue", str(catalogue), "--models", str(cli.models)]) == 0
    printed = capsys.readouterr().out
    rows = {k.strip(): int(v.replace(",", "")) for k, v in re.findall(r"^( *\S.*?)  +([\d,]+)$", printed, re.M)}
    blocks = re.split(r"^(?=lines read|catalogue lines read|orders )", printed, flags=re.M)
    for block in blocks[1:3]:
        total, *parts = [int(v.replace(",", "")) for v in re.findall(r"^(?! *cells).*?  +([\d,]+)$", block, re.M)]
        assert total == sum(parts)
    assert rows["lines read"] == cli.lines + 3
    assert (rows["dropped: cancelled"], rows["not readable: bad time"], rows["dropped: repeated line"]) == (1, 1, 1)
    assert (rows["catalogue lines read"], rows["dropped: no item id"]) == (7, 1)
    assert rows["cells not understood: price"] == 1
    assert rows["bought, not in the catalogue"] == 0
    assert rows["items"] == 5
    [name] = Registry(cli.models).names()
    assert f"version {name}" in printed
    assert (cli.models / "rejects.csv").read_text().count("\n") == 4
    assert Registry(cli.models).current() is None


def test_what_the_readers_guessed_is_told(cli: CliShop, capsys: pytest.CaptureFixture[str]) -> None:
    """A file in Windows-1252 is read, and the report names it."""
    catalogue = cli.folder / "catalogue.csv"
    catalogue.write_bytes("item_id,title\ntea,Grüner Tee\ncup,Tasse\n".encode("cp1252"))
    assert main([*cli.train(), "--catalogue", str(catalogue)]) == 0
    assert f"note: {catalogue}: not UTF-8, read as Windows-1252" in capsys.readouterr().out


def test_what_columns_named_in_vain_is_told(cli: CliShop, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that only the catalogue could have, and does not; what was found, by either file, is not told."""
    catalogue = cli.write("catalogue.csv", ["sku,title,cost of it", "tea,Tea,4", "cup,Cup,8", "pot,Pot,2"])
    columns = "item_id=item_id,cost=Cost of it,price=Einzelpreis,brand="
    assert main([*cli.train(), "--catalogue", str(catalogue), "--columns", columns]) == 0
    notes = [line for line in capsys.readouterr().out.splitlines() if "did nothing" in line]
    said = "note: --columns price=Einzelpreis did nothing: no file has that column for price"
    assert notes == [f"{said} (the price on order lines is unit_price)"]


def test_a_catalogue_without_half_of_the_items_is_loud(cli: CliShop, capsys: pytest.CaptureFixture[str]) -> None:
    """Training goes on, for sales are true; but nobody can overlook that the catalogue is probably another shop's."""
    orders = cli.orders()
    half = cli.write("half.csv", ["item_id,title,price", "tea,Tea,4", "cup,Cup,8"])
    assert main(["train", "--orders", str(orders), "--catalogue", str(half), "--models", str(cli.models)]) == 0
    assert "WARNING" not in capsys.readouterr().out
    less = cli.write("less.csv", ["item_id,title,price", "tea,Tea,4", "kettle,Kettle,40"])
    assert main(["train", "--orders", str(orders), "--catalogue", str(less), "--models", str(cli.models)]) == 0
    assert f"WARNING: 3 of 4 items bought are not in {less}." in capsys.readouterr().out


GOOD = "order_id,item_id,ts"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.csv", None, "there is no such file"),
        ("empty.csv", b"", "the file is empty"),
        ("blank.csv", b"\n\n", "the file is empty"),
        ("header.csv", f"{GOOD}\n".encode(), "a header but no line below"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "a PNG picture"),
        ("binary.csv", bytes(range(256)) * 40, "this is not text"),
        ("workbook.csv", b"PK\x03\x04" + b"\0" * 99, "Excel workbook"),
        ("noid.csv", b"item_id,ts\ntea,2026-01-01\n", "order_id"),
        ("cut.csv.gz", gzip.compress(GOOD.encode() + b"\n1,tea,2026-01-01\n" * 999)[:-20], "cut short or damaged"),
        (
            "times.csv",
            "\n".join([GOOD, *(f"{i},tea,{'soon' if i < 6 else '2026-01-01'}" for i in range(100))]).encode(),
            "6 of 100 lines (6.0%) cannot be read, more than 5%. line 2: bad time",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_order_file_is_refused(
    cli: CliShop, name: str, content: bytes | None, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, the file's name, what is wrong and what to do; neither a version nor a list of rejects is left."""
    path = cli.folder / name
    if content is not None:
        path.write_bytes(content)
    assert main(["train", "--orders", str(path), "--models", str(cli.models)]) == 2
    said = capsys.readouterr()
    assert str(path) in said.err
    assert message in said.err
    assert not said.out
    assert not list(cli.models.glob("*"))


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--catalogue", "absent.csv", "absent.csv: there is no such file"),
        ("--config", "absent.toml", "absent.toml cannot be read"),
        ("--columns", "colour=red", "colour"),
        ("--columns", "order_id=nowhere", "nowhere"),
    ],
)
def test_a_bad_option_is_refused(
    cli: CliShop, option: str, value: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, naming it; no version is left."""
    assert main([*cli.train(), option, value]) == 2
    assert message in capsys.readouterr().err
    assert not list(cli.models.glob("*"))


def test_a_setting_that_does_not_exist_is_refused(cli: CliShop, capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the file and the setting, and lists those that exist."""
    config = cli.write("train.toml", ["neighbors = 10"])
    assert main([*cli.train(), "--config", str(config)]) == 2
    assert "unknown setting 'neighbors'; known:" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [[], ["trian"], ["train"], ["nightly"], ["publish", "--models"], ["models"]])
def test_a_command_line_that_makes_no_sense(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and how it is used."""
    try:
        code = main(argv)
    except SystemExit as left:  # argparse's way
        code = int(str(left.code))
    assert code == 2
    assert "usage: recsvc" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(cli: CliShop, capsys: pytest.CaptureFixture[str]) -> None:
    """A file where the folder of versions should be: exit code 2, and the message says which."""
    cli.models.write_text("not a folder")
    assert main(cli.train()) == 2
    assert f"{cli.models}: File exists; no version was written" in capsys.readouterr().err


def test_a_negative_number_of_threads_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is read."""
    assert main(["train", "--orders", str(tmp_path / "none.csv"), "--threads", "-1"]) == 2
    assert "--threads is 0 (all cores) or more, not -1" in capsys.readouterr().err


def test_margin_needs_costs(cli: CliShop, capsys: pytest.CaptureFixture[str]) -> None:
    """`--upsell-objective margin` names the missing column; with it the version says what it was trained for."""
    assert main([*cli.train(), "--upsell-objective", "margin"]) == 2
    assert "give a catalogue with a column `cost`" in capsys.readouterr().err
    costs = cli.write("costs.csv", ["item_id,title,category,price,cost", "pot,Pot,Pots,35,20", "tray,Tray,Pots,20,10"])
    assert main([*cli.train(), "--upsell-objective", "margin", "--catalogue", str(costs)]) == 0
    [name] = Registry(cli.models).names()
    assert Registry(cli.models).open(name).model.settings["upsell_margin"] == 1


def test_the_merchants_links_are_carried(cli: CliShop, capsys: pytest.CaptureFixture[str]) -> None:
    """From the catalogue's columns into the version; those that name no item are counted."""
    linked = cli.write(
        "linked.csv",
        ["item_id,title,upsell,cross_sell,never", "tea,Tea,,cup|pot,mug", "cup,Cup,mug|goblet,,", "pot,Pot,,,"],
    )
    assert main([*cli.train(), "--catalogue", str(linked)]) == 0
    printed = capsys.readouterr().out
    rows = {k.strip(): int(v.replace(",", "")) for k, v in re.findall(r"^( *\S.*?)  +([\d,]+)$", printed, re.M)}
    assert (rows["links of the merchant's"], rows["naming no item, left out"]) == (5, 1)
    [name] = Registry(cli.models).names()
    model = Registry(cli.models).open(name).model

    def row(kind: str, item: str) -> list[str]:
        vectors = model.vectors[kind]
        return [model.items.text(other) for other in vectors.item[vectors.row(model.items.find(item))].tolist()]

    assert row("linked_cross_sell", "tea") == ["cup", "pot"]
    assert row("linked_upsell", "cup") == ["mug"]
    assert (row("never", "tea"), row("never", "mug")) == (["mug"], ["tea"])
