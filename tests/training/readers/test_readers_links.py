"""The merchant's own links, from any catalogue."""

import json
from pathlib import Path

import polars as pl
import pytest

from training.readers.catalogue import read_catalogue
from training.readers.options import ReadOptions
from training.records import LINK_KINDS, Links


def said(links: Links) -> list[tuple[str, str, str, int]]:
    """Links as (source, kind, target, position)."""
    kinds = [LINK_KINDS[kind] for kind in links.kind]
    pairs = zip(kinds, links.position.tolist(), strict=True)
    return [(links.source.text(i), kind, links.target.text(i), place) for i, (kind, place) in enumerate(pairs)]


@pytest.mark.parametrize("sign", ["|", ";", ",", " , "])
def test_links_of_a_plain_catalogue(tmp_path: Path, sign: str) -> None:
    """Cells hold ids in the merchant's order; an item neither points at itself nor twice; unknown targets stay."""
    cells = [f'tea,"{sign.join(["pot", "tea", "cup", "pot"])}",,gin', f'cup,,"{sign.join(["mug", "jar"])}",']
    (tmp_path / "c.csv").write_text("\n".join(["item_id,cross_sell,upsell,never", *cells]))
    catalogue, report = read_catalogue(tmp_path / "c.csv", ReadOptions())
    assert said(catalogue.links) == [
        ("cup", "upsell", "mug", 0),
        ("cup", "upsell", "jar", 1),
        ("tea", "cross_sell", "pot", 0),
        ("tea", "cross_sell", "cup", 1),
        ("tea", "never", "gin", 0),
    ]
    assert (report.kept, report.unread_cells) == (2, {})


def test_links_as_arrays(tmp_path: Path) -> None:
    """In JSON and Parquet an array of ids needs no sign between them, so that an id may hold any."""
    rows = [{"item_id": "tea", "upsells": ["a,b", "c|d"]}, {"item_id": "cup", "upsells": []}]
    (tmp_path / "c.json").write_text(json.dumps(rows))
    pl.DataFrame(rows).write_parquet(tmp_path / "c.parquet")
    for name in ("c.json", "c.parquet"):
        links = read_catalogue(tmp_path / name, ReadOptions())[0].links
        assert said(links) == [("tea", "upsell", "a,b", 0), ("tea", "upsell", "c|d", 1)]


def test_a_catalogue_without_links(tmp_path: Path) -> None:
    """No column, no links."""
    (tmp_path / "c.csv").write_text("item_id,title\ntea,Tea\n")
    assert len(read_catalogue(tmp_path / "c.csv", ReadOptions())[0].links) == 0
