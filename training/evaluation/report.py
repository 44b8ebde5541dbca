"""What a measurement found, in one form whatever was measured: tables of figures with intervals, and plots.

`training.evaluation.text` shows it on a terminal, `training.evaluation.page` as an HTML page, `as_json` to programs.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Literal

NAN = math.nan

Form = Literal["rate", "share", "gain", "count", "amount"]
"""How a figure is written: `0.1234`, `12.3 %`, `+3.4 %`, `1,234`, `12.34`."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, with its 95 % interval where there is one.

    Attributes:
        value: NaN where it cannot be said.
        low, high: ends of the interval, NaN for none.
    """

    value: float
    low: float = NAN
    high: float = NAN

    @property
    def certain(self) -> bool:
        """Whether it comes without an interval."""
        return math.isnan(self.low)


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds.

    Attributes:
        key: its name in JSON.
        head: its heading.
        form: how its figures are written.
        meaning: a sentence for the reader, empty where the heading says it.
    """

    key: str
    head: str
    form: Form
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table.

    Attributes:
        name: what it is about: a method, a slice of questions.
        figures: one per column.
        ours: whether to set it off.
    """

    name: str
    figures: tuple[Figure, ...]
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Figures of one kind.

    Attributes:
        key: its name in JSON, unique within a report.
        title: its heading.
        columns: at least one.
        lines: in the order shown.
        drawn: key of the column that the page draws as bars, None for no plot.
        about: a sentence below the heading.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    drawn: str | None = None
    about: str = ""

    def __post_init__(self) -> None:
        for line in self.lines:
            if len(line.figures) != len(self.columns):
                raise ValueError(f"{self.key}, {line.name}: {len(line.figures)} figures, {len(self.columns)} columns")
        if self.drawn is not None:
            self.place(self.drawn)

    def place(self, key: str) -> int:
        """Number of the column of that key.

        Raises:
            ValueError: there is none.
        """
        return [column.key for column in self.columns].index(key)


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a plot with its name."""

    name: str
    x: float
    y: float
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """Two figures of some methods against each other: what is bought with what.

    Attributes:
        title: its heading.
        x, y: what the axes show; their `form` writes the numbers.
        dots: the points; those of ours are joined in their order where there are several.
        about: a sentence below the heading.
    """

    title: str
    x: Column
    y: Column
    dots: tuple[Dot, ...]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one protocol found on one shop.

    Attributes:
        protocol: its name, as `recsvc evaluate` has it.
        title: for people.
        about: how it was measured, in a few sentences.
        tables: most important first.
        plots: for the page alone; their numbers stand in tables.
        notes: what else should be known, a sentence each.
    """

    protocol: str
    title: str
    about: str
    tables: tuple[Table, ...]
    plots: tuple[Plot, ...] = ()
    notes: tuple[str, ...] = ()

    def table(self, key: str) -> Table:
        """The table of that key; a KeyError where there is none."""
        return {table.key: table for table in self.tables}[key]


def as_json(report: Report) -> str:
    """All figures, keys sorted; the same report gives the same bytes. What cannot be said is null."""
    tables = {
        table.key: {
            "title": table.title,
            "lines": [
                {
                    "name": line.name,
                    "ours": line.ours,
                    **{column.key: _plain(figure) for column, figure in zip(table.columns, line.figures, strict=True)},
                }
                for line in table.lines
            ],
        }
        for table in report.tables
    }
    document = {"protocol": report.protocol, "title": report.title, "about": report.about, "tables": tables}
    return json.dumps(document | {"notes": list(report.notes)}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def written(figure: Figure, form: Form) -> str:
    """A figure as people read it: `+3.4 % [2.6, 4.2]`, `0.1234`; a dash where it cannot be said."""
    if math.isnan(figure.value):
        return "–"
    interval = ""
    if not figure.certain:
        scale, digits = {"rate": (1, 4), "share": (100, 1), "gain": (100, 1), "count": (1, 0), "amount": (1, 2)}[form]
        interval = f" [{scale * figure.low:.{digits}f}, {scale * figure.high:.{digits}f}]"
    return number(figure.value, form) + interval


def number(value: float, form: Form) -> str:
    """A bare number in a form."""
    match form:
        case "rate":
            return f"{value:.4f}"
        case "share":
            return f"{100 * value:.1f} %"
        case "gain":
            return f"{100 * value:+.1f} %"
        case "count":
            return f"{value:,.0f}"
        case "amount":
            return f"{value:,.2f}"


def _plain(figure: Figure) -> object:
    if math.isnan(figure.value):
        return None
    if figure.certain:
        return figure.value
    return {"value": figure.value, "low": figure.low, "high": figure.high}
