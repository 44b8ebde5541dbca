"""A report on a terminal."""

from __future__ import annotations

from training.evaluation.report import Report, Table, written


def as_text(report: Report) -> str:
    """Its tables one below the other, then its notes."""
    blocks = [_table(table) for table in report.tables]
    if report.notes:
        blocks.append("\n".join(f"note: {note}" for note in report.notes))
    return "\n\n".join(blocks)


def _table(table: Table) -> str:
    cells = [["", *(column.head for column in table.columns)]]
    for line in table.lines:
        figures = zip(line.figures, table.columns, strict=True)
        cells.append([line.name, *(written(figure, column.form) for figure, column in figures)])
    widths = [max(len(row[at]) for row in cells) for at in range(len(table.columns) + 1)]
    rows = [
        "  ".join(
            [row[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in cells
    ]
    return "\n".join([table.title, *(row.rstrip() for row in rows)])
