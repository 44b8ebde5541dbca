"""A version's shelves as files that shop tools import: WooCommerce's and Magento's columns, a plain CSV, JSON lines.

No cell can be a formula to a spreadsheet (OWASP, CSV injection), and every id survives the way out and back: an id for
which a layout has no safe spelling is left out and counted, never changed.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Layout = Literal["woocommerce", "magento", "csv", "jsonl"]
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


@dataclass(frozen=True, slots=True)
class ItemLinks:
    """One item and what goes with it, best first.

    Attributes:
        item: its id.
        cross_sell: ids.
        upsell: ids.
    """

    item: str
    cross_sell: tuple[str, ...]
    upsell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinksFile:
    """A file's content, and what it could not hold.

    Attributes:
        data: UTF-8.
        rows: items in it.
        unsafe: ids that this layout cannot spell, sorted.
    """

    data: bytes
    rows: int
    unsafe: tuple[str, ...]


def links_file(links: Iterable[ItemLinks], layout: Layout, all_ids: Sequence[str]) -> LinksFile:
    """The file. Items without any link are left out, so that importing it clears nothing.

    Args:
        links: per item, in the order of the file.
        layout: whose columns.
        all_ids: ids of the whole shop; where all are digits WooCommerce gets them as numbers, else as SKUs.
    """
    spell = _SPELLINGS[layout]
    numbers = all(item.isascii() and item.isdigit() for item in all_ids)
    safe = {item: spell(item) or (layout == "woocommerce" and numbers) for item in all_ids}
    kept = [one for one in (_safe(one, safe) for one in links if safe[one.item]) if one.cross_sell or one.upsell]
    text = io.StringIO()
    if layout == "jsonl":
        for one in kept:
            row = {"item_id": one.item, "cross_sell": one.cross_sell, "upsell": one.upsell}
            text.write(json.dumps(row, ensure_ascii=False) + "\n")
    else:
        rows = _woocommerce(kept, numbers=numbers) if layout == "woocommerce" else _ROWS[layout](kept)
        csv.writer(text, lineterminator="\n").writerows(rows)
    unsafe = tuple(item for item in sorted(safe) if not safe[item])
    return LinksFile(text.getvalue().encode(), len(kept), unsafe)


def _safe(one: ItemLinks, safe: dict[str, bool]) -> ItemLinks:
    return ItemLinks(one.item, *(tuple(i for i in ids if safe[i]) for ids in (one.cross_sell, one.upsell)))


def _woocommerce(links: Sequence[ItemLinks], *, numbers: bool) -> Iterator[list[str]]:
    r"""`id:100` is a product by number, anything else by SKU; a comma in a SKU is `\,` (Product CSV Import Schema)."""
    yield ["ID" if numbers else "SKU", "Upsells", "Cross-sells"]
    for one in links:
        cells = (", ".join(_woo(i, numbers=numbers) for i in ids) for ids in (one.upsell, one.cross_sell))
        yield [one.item, *cells]


def _woo(item: str, *, numbers: bool) -> str:
    return f"id:{item}" if numbers else item.replace(",", "\\,")


def _magento(links: Sequence[ItemLinks]) -> Iterator[list[str]]:
    """SKUs and positions from 1, comma between; three s in crosssell (Adobe Commerce, product import)."""
    yield ["sku", "crosssell_skus", "crosssell_position", "upsell_skus", "upsell_position"]
    for one in links:
        cells = ((",".join(ids), ",".join(map(str, range(1, len(ids) + 1)))) for ids in (one.cross_sell, one.upsell))
        yield [one.item, *(cell for pair in cells for cell in pair)]


def _plain(links: Sequence[ItemLinks]) -> Iterator[list[str]]:
    """Our own columns, which the catalogue's reader knows."""
    yield ["item_id", "cross_sell", "upsell"]
    for one in links:
        yield [one.item, "|".join(one.cross_sell), "|".join(one.upsell)]


def _no_formula(item: str, *signs: str) -> bool:
    return not item.startswith(_FORMULA) and item == item.strip() and not any(sign in item for sign in signs)


_ROWS: dict[Layout, Callable[[Sequence[ItemLinks]], Iterator[list[str]]]] = {"magento": _magento, "csv": _plain}
_SPELLINGS: dict[Layout, Callable[[str], bool]] = {
    "woocommerce": lambda item: _no_formula(item, "\\") and not item.startswith("id:"),
    "magento": lambda item: _no_formula(item, ","),
    "csv": lambda item: _no_formula(item, "|", ";", ","),
    "jsonl": lambda item: True,  # noqa: ARG005  # the signature of the others
}
