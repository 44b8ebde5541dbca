"""A report as one HTML page: plots, tables, what the words mean; nothing is fetched from anywhere."""

from __future__ import annotations

import html

from training.evaluation.charts import bars, scatter
from training.evaluation.report import Report, Table, written

_STYLE = (
    ":root{color-scheme:light dark;--ink:#1f2937;--paper:#fff;--faint:#e5e7eb;--own:#2563eb;--other:#94a3b8}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e5e7eb;--paper:#111827;--faint:#374151;--own:#60a5fa;--other:#64748b}}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem;color:var(--ink);"
    "background:var(--paper)}h2{margin-top:2.5rem}.wide{overflow-x:auto}"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
    "th,td{text-align:right;padding:.3rem .6rem;border-bottom:1px solid var(--faint);white-space:nowrap}"
    "th:first-child,td:first-child{text-align:left}tr.ours{font-weight:600}dt{font-weight:600}dd{margin:0 0 .4rem}"
    "svg{width:100%;height:auto;max-width:45rem;display:block;margin:1rem 0;font-size:13px;fill:var(--ink)}"
    "svg .own{fill:var(--own)}svg .other{fill:var(--other)}svg .end{text-anchor:end}svg .middle{text-anchor:middle}"
    "svg path{fill:none;stroke:var(--ink);stroke-width:1}svg .line{stroke:var(--own);stroke-width:2}"
)


def as_html(report: Report) -> str:
    """One page without outside resources, for a merchandiser's browser, light or dark as that is set."""
    title = html.escape(report.title)
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>',
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style>',
        f"<h1>{title}</h1><p>{html.escape(report.about)}</p>",
    ]
    for table in report.tables:
        parts += _table(table)
    for plot in report.plots:
        parts += [f"<h2>{html.escape(plot.title)}</h2>", _about(plot.about), scatter(plot)]
    parts += _meanings(report)
    if report.notes:
        parts += ["<h2>Notes</h2><ul>", *(f"<li>{html.escape(note)}</li>" for note in report.notes), "</ul>"]
    return "".join(parts) + "</html>\n"


def _table(table: Table) -> list[str]:
    parts = [f"<h2>{html.escape(table.title)}</h2>", _about(table.about)]
    if table.drawn is not None:
        column = table.columns[table.place(table.drawn)]
        figures = [line.figures[table.place(table.drawn)] for line in table.lines]
        names, ours = [line.name for line in table.lines], [line.ours for line in table.lines]
        parts.append(bars(names, figures, column.form, ours, f"{table.title}: {column.head}"))
    heads = "".join(f"<th>{html.escape(column.head)}</th>" for column in table.columns)
    parts.append(f'<div class="wide"><table><tr><th></th>{heads}</tr>')
    for line in table.lines:
        row = ' class="ours"' if line.ours else ""
        cells = zip(line.figures, table.columns, strict=True)
        figures_text = "".join(f"<td>{written(figure, column.form)}</td>" for figure, column in cells)
        parts.append(f"<tr{row}><td>{html.escape(line.name)}</td>{figures_text}</tr>")
    return [*parts, "</table></div>"]


def _meanings(report: Report) -> list[str]:
    said = {column.head: column.meaning for table in report.tables for column in table.columns if column.meaning}
    if not said:
        return []
    rows = (f"<dt>{html.escape(head)}</dt><dd>{html.escape(text)}</dd>" for head, text in said.items())
    return ["<h2>What the columns mean</h2><dl>", *rows, "</dl>"]


def _about(text: str) -> str:
    return f"<p>{html.escape(text)}</p>" if text else ""
