"""A comparison as a table for a terminal, as JSON for programs, as one HTML page for people."""

from __future__ import annotations

import html
import json

from training.evaluation.compare import Cell, Comparison
from training.evaluation.metrics import METRICS, Gain
from training.evaluation.queries import KINDS

_HEAD = ("nDCG@10", "HR@10", "recall@10", "MRR", "coverage", "pop. rank", "top 1 %")
_MEANING = {
    "page": "Product page: one item is on the page; what else was in that basket?",
    "cart": "Full cart: one item of a basket is hidden; is it found?",
    "growing": "Growing cart: a part of a basket is known; what follows?",
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:right;padding:.3rem .6rem;border-bottom:1px solid #ddd}"
    "th:first-child,td:first-child{text-align:left}tr.ours{font-weight:600}svg{width:100%;height:1.1rem}"
)


def as_json(comparison: Comparison) -> str:
    """All figures, keys sorted; the same comparison gives the same bytes."""
    cells = [
        {
            "kind": c.kind,
            "method": c.method,
            "questions": len(c.accuracy),
            "parameters": dict(c.parameters),
            **_figures(c),
        }
        for c in comparison.cells
    ]
    gains = [
        {"kind": kind, "over": peer, "gain": g.mean, "low": g.low, "high": g.high}
        for (kind, peer), g in comparison.gains.items()
    ]
    return json.dumps({"ours": comparison.ours, "cells": cells, "gains": gains}, indent=1, sort_keys=True) + "\n"


def as_text(comparison: Comparison) -> str:
    """A table per kind of question, best first."""
    lines: list[str] = []
    for kind in KINDS:
        cells = _ranked(comparison, kind)
        if not cells:
            continue
        width = max(len(c.method) for c in cells) + 2
        lines += ["", f"{kind} ({len(cells[0].accuracy):,} questions)"]
        lines.append(" " * width + "".join(f"{head:>11}" for head in _HEAD) + "   ours over it, nDCG")
        lines += [
            f"{c.method:<{width}}" + "".join(f"{text:>11}" for text in _texts(c)) + "   " + _over(comparison, c)
            for c in cells
        ]
    return "\n".join(lines).lstrip("\n")


def as_html(comparison: Comparison, title: str) -> str:
    """One page without outside resources: a bar and a row per method and kind of question."""
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title><style>{_STYLE}</style>",
        f"<h1>{html.escape(title)}</h1><p>Every method learnt from the first 90 % of the orders and was asked about "
        "the last 10 %. nDCG@10 is 1 where the ten places hold what was really bought, best places first. Coverage is "
        "the share of items that some list shows; popularity rank is how far from the bestsellers (1) they are; "
        "“top 1 %” is the share of places that the bestsellers take.",
    ]
    for kind in KINDS:
        cells = _ranked(comparison, kind)
        if not cells:
            continue
        most = max(_figures(c)["ndcg"] for c in cells) or 1.0
        parts.append(f"<h2>{_MEANING[kind]}</h2><p>{len(cells[0].accuracy):,} questions.<table><tr><th>method<th>")
        parts += [f"<th>{head}" for head in _HEAD] + ["<th>ours over it (95 %)"]
        for c in cells:
            share = 100 * _figures(c)["ndcg"] / most
            colour = "#2563eb" if c.method == comparison.ours else "#94a3b8"
            bar = f'<svg role=img aria-label="nDCG"><rect width="{share:.1f}%" height="100%" fill="{colour}"/></svg>'
            row = " class=ours" if c.method == comparison.ours else ""
            parts.append(f'<tr{row}><td>{html.escape(c.method)}<td style="min-width:10rem">{bar}')
            parts += [f"<td>{text}" for text in [*_texts(c), _over(comparison, c)]]
        parts.append("</table>")
    return "".join(parts) + "\n"


def _ranked(comparison: Comparison, kind: str) -> list[Cell]:
    return sorted((c for c in comparison.cells if c.kind == kind), key=lambda c: (-_figures(c)["ndcg"], c.method))


def _figures(cell: Cell) -> dict[str, float]:
    means = dict(zip(METRICS, cell.accuracy.mean(axis=0).tolist(), strict=True))
    wide = cell.spread
    return means | {"coverage": wide.coverage, "popularity_rank": wide.popularity_rank, "top_share": wide.top_share}


def _texts(cell: Cell) -> list[str]:
    figures = _figures(cell)
    accuracy = [f"{figures[name]:.4f}" for name in METRICS]
    return [*accuracy, f"{figures['coverage']:.1%}", f"{figures['popularity_rank']:.0f}", f"{figures['top_share']:.1%}"]


def _over(comparison: Comparison, cell: Cell) -> str:
    found = next((g for (kind, peer), g in comparison.gains.items() if kind == cell.kind and peer == cell.method), None)
    return percent(found) if found else ""


def percent(gain: Gain) -> str:
    """`+3.4 % [2.6, 4.2]`."""
    return f"{100 * gain.mean:+.1f} % [{100 * gain.low:.1f}, {100 * gain.high:.1f}]"
