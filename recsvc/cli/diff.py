"""Two versions side by side: what they were learnt from, what their shelves are like, which shelves changed most."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from models.artefact import Version
from models.comparison import Changes, changes, first_entries, shelf_figures
from models.model import Model
from models.records import CROSS_SELL, UPSELL

_SHARES = {"silent", "coverage", "top_share", "churn", "remade"}
_SAID = {
    "items": "items sold",
    "silent": "with an empty shelf",
    "coverage": "shown on some shelf",
    "top_share": "places of the best sold 1 %",
    "popularity_rank": "mean rank of what is shown",
}


class _Card(msgspec.Struct):
    title: str | None = None


def difference(before: Version, after: Version, shelves: int) -> dict[str, Any]:
    """Everything to be said of two versions, as plain JSON values.

    `figures` and `shop` hold pairs (before, after); `settings` only those that differ; `changed` the cross-sell shelves
    that lost most places, those of the items bought most first among equals.

    Args:
        before: the earlier version.
        after: the later one.
        shelves: most shelves in `changed`.
    """
    a, b = before.model, after.model
    kinds = [kind for kind in (CROSS_SELL, UPSELL) if kind in a.vectors and kind in b.vectors]
    found = {kind: changes(a, b, kind) for kind in kinds}
    figures = {kind: [dataclasses.asdict(shelf_figures(model, kind)) for model in (a, b)] for kind in kinds}
    names = sorted({*a.settings, *b.settings})
    shop = [dataclasses.asdict(model.shop) for model in (a, b)]
    return {
        "before": before.name,
        "after": after.name,
        "shop": {name: [each[name] for each in shop] for name in shop[0]},
        "settings": {
            name: [a.settings.get(name), b.settings.get(name)]
            for name in names
            if a.settings.get(name) != b.settings.get(name)
        },
        "figures": {kind: {name: [each[name] for each in pair] for name in _SAID} for kind, pair in figures.items()},
        "changes": {
            kind: {"shelves": len(c.before), "churn": c.churn, "remade": c.remade} for kind, c in found.items()
        },
        "changed": _changed(a, b, found[CROSS_SELL], shelves) if CROSS_SELL in found else [],
    }


def _changed(a: Model, b: Model, found: Changes, shelves: int) -> list[dict[str, Any]]:
    lost = found.places - found.kept
    order = np.lexsort((found.after, -b.facts.orders[found.after].astype(np.int64), -lost))
    old, new = (first_entries(model.vectors[CROSS_SELL], proven=True) for model in (a, b))
    rows = []
    for at in order[lost[order] > 0][:shelves].tolist():
        was = [a.items.text(item) for item in old[found.before[at]].tolist() if item >= 0]
        now = [b.items.text(item) for item in new[found.after[at]].tolist() if item >= 0]
        item = int(found.after[at])
        rows.append(
            {
                "item_id": b.items.text(item),
                "title": _title(b, item),
                "orders": int(b.facts.orders[item]),
                "kept": int(found.kept[at]),
                "places": int(found.places[at]),
                "gone": [name for name in was if name not in now],
                "come": [name for name in now if name not in was],
            }
        )
    return rows


def _title(model: Model, item: int) -> str:
    return msgspec.json.decode(model.cards[item], type=_Card).title or ""


def as_text(found: Mapping[str, Any]) -> str:
    """The same as tables for people."""
    lines = [f"{'':<34} {found['before']:>28} {found['after']:>28}"]
    lines += [f"{name:<34} {_plain(a):>28} {_plain(b):>28}" for name, (a, b) in found["shop"].items()]
    for kind, figures in found["figures"].items():
        lines.append(f"\n{kind} shelves")
        for name, (a, b) in figures.items():
            lines.append(f"  {_SAID[name]:<32} {_figure(name, a):>28} {_figure(name, b):>28}")
        moved = found["changes"][kind]
        lines.append(
            f"  of {moved['shelves']:,} shelves {moved['churn']:.1%} of the places hold something else; "
            f"{moved['remade']:.1%} of the shelves kept less than half"
        )
    if found["settings"]:
        lines.append("\nsettings that differ")
        lines += [f"  {name:<32} {_plain(a):>28} {_plain(b):>28}" for name, (a, b) in found["settings"].items()]
    if found["changed"]:
        lines.append(f"\nthe {len(found['changed'])} cross_sell shelves that changed most")
    for row in found["changed"]:
        lines.append(
            f"{row['item_id']} {row['title']}: kept {row['kept']} of {row['places']}, in {row['orders']:,} orders"
        )
        lines += [f"  {sign} {', '.join(row[word])}" for sign, word in (("-", "gone"), ("+", "come")) if row[word]]
    return "\n".join(lines)


def _figure(name: str, value: float) -> str:
    return f"{value:.1%}" if name in _SHARES else f"{value:,.0f}"


def _plain(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
