"""`recsvc export links`: what other tools import, and our own readers read back."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsvc.cli.main import main
from recsvc.links_file import ItemLinks, Layout, links_file
from training.readers.catalogue import read_catalogue
from training.readers.options import ReadOptions

if TYPE_CHECKING:
    from conftest import Builders

LAYOUTS: tuple[Layout, ...] = ("woocommerce", "magento", "csv", "jsonl")
KINDS = ("cross_sell", "upsell")
HEADERS = {
    "woocommerce": "SKU,Upsells,Cross-sells",
    "magento": "sku,crosssell_skus,crosssell_position,upsell_skus,upsell_position",
    "csv": "item_id,cross_sell,upsell",
}
SHAPES = st.one_of(
    st.text(), st.sampled_from(["00123", "1e5", "=1+1", "-5", "a,b", "a|b", "id:7", "\\", "'x", "🫖", "é"])
)
IDS = st.lists(
    SHAPES.map(lambda text: "".join(c for c in text if c.isprintable()).strip()[:40]).filter(
        lambda text: text and text.lower() not in {"nan", "null"} and not text.endswith(".0")
    ),
    min_size=1,
    max_size=8,
    unique=True,
)


def read_back(folder: Path, data: bytes) -> list[tuple[str, str, str]]:
    """(source, kind, target) as our catalogue reader understands a file, in its order."""
    path = folder / "links"
    path.write_bytes(data)
    links = read_catalogue(path, ReadOptions())[0].links
    return [(links.source.text(i), KINDS[links.kind[i]], links.target.text(i)) for i in range(len(links))]


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ids=IDS, data=st.data())
def test_links_survive_the_way_out_and_back(
    tmp_path_factory: pytest.TempPathFactory, layout: Layout, ids: list[str], data: st.DataObject
) -> None:
    """Whatever the ids, our reader finds exactly the links among those that the layout holds; others are counted."""
    some = st.lists(st.sampled_from(ids), max_size=4, unique=True)
    said = [ItemLinks(i, *(tuple(t for t in data.draw(some) if t != i) for _ in KINDS)) for i in ids]
    made = links_file(said, layout, ids)
    held = set(ids) - set(made.unsafe)
    expected = sorted(
        (one.item, kind, target)
        for one in said
        for kind in KINDS
        for target in getattr(one, kind)
        if {one.item, target} <= held
    )
    assert layout != "jsonl" or held == set(ids)
    if made.rows:
        assert sorted(read_back(tmp_path_factory.mktemp("links"), made.data)) == expected
    else:
        assert expected == []
    if layout != "jsonl":
        cells = [cell for row in csv.reader(io.StringIO(made.data.decode())) for cell in row]
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in cells)


def test_the_order_of_links_is_the_shelf_s(tmp_path: Path) -> None:
    """Best first, out and back; numbers are WooCommerce's ids."""
    made = links_file(
        [ItemLinks("7", ("30", "9"), ("8",)), ItemLinks("8", (), ())], "woocommerce", ["7", "8", "9", "30"]
    )
    assert made.data.decode() == 'ID,Upsells,Cross-sells\n7,id:8,"id:30, id:9"\n'
    assert read_back(tmp_path, made.data) == [("7", "cross_sell", "30"), ("7", "cross_sell", "9"), ("7", "upsell", "8")]
    made = links_file([ItemLinks("a", ("c", "b"), ())], "magento", ["a", "b", "c"])
    assert made.data.decode().splitlines()[1] == 'a,"c,b","1,2",,'


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_command(tmp_path: Path, shop: Builders, capsys: pytest.CaptureFixture[str], layout: Layout) -> None:
    """The published version's shelves, in stock only, whole on disk."""
    name = shop.write(tmp_path / "models", shop.tea())
    out = tmp_path / "links.out"
    assert main(["export", "links", "--format", layout, "--out", str(out), "--models", str(tmp_path / "models")]) == 0
    assert f"items of {name} have links" in capsys.readouterr().out
    links = read_back(tmp_path, out.read_bytes())
    assert ("tea", "upsell", "tea-fine") in links
    assert "pot-silver" not in {target for _, _, target in links}
    if layout == "jsonl":
        assert set(json.loads(out.read_text().splitlines()[0])) == {"item_id", *KINDS}
    else:
        assert out.read_text().splitlines()[0] == HEADERS[layout]
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_what_cannot_be_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No version, a silly number, no such folder: exit code 2 and a sentence."""
    common = ["export", "links", "--format", "csv", "--models", str(tmp_path)]
    assert main([*common, "--out", str(tmp_path / "x")]) == 2
    assert "holds no version" in capsys.readouterr().err
    assert main([*common, "--out", str(tmp_path / "x"), "--n", "0"]) == 2
    assert "--n is 1 to 100" in capsys.readouterr().err
