"""Plots as inline SVG: bars with whiskers and scatters, drawn in the page's own colours, light or dark."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from training.evaluation.report import Column, Dot, Figure, Form, Plot, number

_WIDTH, _ROW, _LABEL, _VALUE = 720, 26, 190, 90
_HEIGHT, _MARGIN = 300, 56


def bars(names: Sequence[str], figures: Sequence[Figure], form: Form, ours: Sequence[bool], label: str) -> str:
    """A horizontal bar per line, a whisker where there is an interval; bars of gains may grow to the left.

    Args:
        names: of the lines.
        figures: of one column.
        form: how they are written.
        ours: which lines to set off.
        label: what the plot shows, for those who cannot see it.
    """
    ends = [value for f in figures for value in (f.value, f.low, f.high) if not math.isnan(value)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    span = (high - low) or 1.0
    inner = _WIDTH - _LABEL - _VALUE

    def at(value: float) -> float:
        return _LABEL + inner * (value - low) / span

    parts = []
    for place, (name, figure, own) in enumerate(zip(names, figures, ours, strict=True)):
        y = place * _ROW
        kind = "own" if own else "other"
        parts.append(f'<text class="end" x="{_LABEL - 8}" y="{y + 17}">{html.escape(name)}</text>')
        if math.isnan(figure.value):
            continue
        left, right = sorted((at(0), at(figure.value)))
        parts.append(f'<rect class="{kind}" x="{left:.1f}" y="{y + 5}" width="{right - left:.1f}" height="16" rx="2"/>')
        if not figure.certain:
            x1, x2, middle = at(figure.low), at(figure.high), y + 13
            ticks = "".join(f"M{x:.1f} {middle - 4}v8" for x in (x1, x2))
            parts.append(f'<path class="whisker" d="M{x1:.1f} {middle}H{x2:.1f}{ticks}"/>')
        parts.append(f'<text x="{_WIDTH - _VALUE + 8}" y="{y + 17}">{number(figure.value, form)}</text>')
    parts.append(f'<path class="axis" d="M{at(0):.1f} 0V{len(names) * _ROW}"/>')
    return _svg(_WIDTH, len(names) * _ROW, label, parts)


def scatter(plot: Plot) -> str:
    """Points with their names between two axes; ours are joined in their order."""
    dots = [dot for dot in plot.dots if not (math.isnan(dot.x) or math.isnan(dot.y))]
    if not dots:
        return ""
    x_low, x_high = _bounds([dot.x for dot in dots])
    y_low, y_high = _bounds([dot.y for dot in dots])

    def place(dot: Dot) -> tuple[float, float]:
        x = _MARGIN + (_WIDTH - 3 * _MARGIN) * (dot.x - x_low) / (x_high - x_low)
        y = _HEIGHT - _MARGIN - (_HEIGHT - 2 * _MARGIN) * (dot.y - y_low) / (y_high - y_low)
        return x, y

    bottom = _HEIGHT - _MARGIN
    parts = [f'<path class="axis" d="M{_MARGIN} {_MARGIN / 2}V{bottom}H{_WIDTH - _MARGIN}"/>']
    parts += _axis(plot.x, plot.y, (x_low, x_high), (y_low, y_high))
    own = [place(dot) for dot in dots if dot.ours]
    if len(own) > 1:
        parts.append('<path class="line" d="M' + "L".join(f"{x:.1f} {y:.1f}" for x, y in own) + '"/>')
    for dot in dots:
        x, y = place(dot)
        parts.append(f'<circle class="{"own" if dot.ours else "other"}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
        parts.append(f'<text x="{x + 8:.1f}" y="{y - 7:.1f}">{html.escape(dot.name)}</text>')
    return _svg(_WIDTH, _HEIGHT, plot.title, parts)


def _axis(x: Column, y: Column, across: tuple[float, float], up: tuple[float, float]) -> list[str]:
    bottom = _HEIGHT - _MARGIN
    return [
        f'<text x="{_MARGIN}" y="{bottom + 18}">{number(across[0], x.form)}</text>',
        f'<text class="end" x="{_WIDTH - 2 * _MARGIN}" y="{bottom + 18}">{number(across[1], x.form)}</text>',
        f'<text class="middle" x="{_WIDTH / 2}" y="{bottom + 38}">{html.escape(x.head)}</text>',
        f'<text class="end" x="{_MARGIN - 6}" y="{bottom}">{number(up[0], y.form)}</text>',
        f'<text class="end" x="{_MARGIN - 6}" y="{_MARGIN}">{number(up[1], y.form)}</text>',
        f'<text x="4" y="{_MARGIN / 2 - 8}">{html.escape(y.head)}</text>',
    ]


def _bounds(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = 0.08 * ((high - low) or abs(high) or 1.0)
    return (low if low - room < 0 <= low else low - room), high + room


def _svg(width: int, height: int, label: str, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{html.escape(label)}">{"".join(parts)}</svg>'
