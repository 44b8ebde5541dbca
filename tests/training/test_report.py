"""A report on a terminal, as JSON, as a page."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ET

import pytest

from training.evaluation.charts import bars, scatter
from training.evaluation.page import as_html
from training.evaluation.report import NAN, Column, Dot, Figure, Line, Plot, Report, Table, as_json, written
from training.evaluation.text import as_text

RATE, GAIN = Column("ndcg", "nDCG", "rate", "how often <right>"), Column("gain", "gain", "gain")
TABLE = Table(
    "page",
    "Pages",
    (RATE, GAIN),
    (
        Line("ours & mine", (Figure(0.25), Figure(NAN)), ours=True),
        Line("theirs", (Figure(0.2, 0.1, 0.3), Figure(0.25, -0.1, 0.4))),
    ),
    drawn="ndcg",
)
REPORT = Report("cross_sell", "A <shop>", "Asked.", (TABLE,), notes=("k 5",))


def test_figures_as_people_read_them() -> None:
    """A sign and per cent for gains, thousands for counts, a dash for what cannot be said, ends in the same unit."""
    assert written(Figure(0.25, -0.1, 0.4), "gain") == "+25.0 % [-10.0, 40.0]"
    assert written(Figure(0.12345), "rate") == "0.1235"
    assert written(Figure(0.5), "share") == "50.0 %"
    assert written(Figure(12345.6), "count") == "12,346"
    assert written(Figure(3.5, 3, 4), "amount") == "3.50 [3.00, 4.00]"
    assert written(Figure(NAN), "rate") == "–"


def test_a_table_on_a_terminal() -> None:
    """Columns stand below their heads; notes come last."""
    head, ours, theirs, *rest = as_text(REPORT).splitlines()[1:]
    assert len(head) == len(theirs)
    assert ours.split() == ["ours", "&", "mine", "0.2500", "–"]
    assert ours.index("0.2500") + 6 == head.index("nDCG") + 4
    assert theirs.endswith("0.2000 [0.1000, 0.3000]  +25.0 % [-10.0, 40.0]")
    assert rest == ["", "note: k 5"]


def test_json_has_every_figure() -> None:
    """A bare number, an interval, or null."""
    ours, theirs = json.loads(as_json(REPORT))["tables"]["page"]["lines"]
    assert (ours["ndcg"], ours["gain"], ours["ours"]) == (0.25, None, True)
    assert theirs["ndcg"] == {"value": 0.2, "low": 0.1, "high": 0.3}


def test_the_page_stands_alone() -> None:
    """Names are escaped, nothing comes from elsewhere, what a column means is said, dark and light are both there."""
    page = as_html(REPORT)
    assert "A &lt;shop&gt;" in page
    assert "ours &amp; mine" in page
    assert "how often &lt;right&gt;" in page
    assert "prefers-color-scheme:dark" in page
    assert not [word for word in ("http", "<script", "src=", "@import") if word in page]


def test_bars_grow_from_zero_to_both_sides() -> None:
    """A gain grows to the right, a loss to the left of the same axis; a whisker spans its interval; NaN has no bar."""
    figures = [Figure(0.2, 0.1, 0.3), Figure(-0.2), Figure(NAN)]
    svg = ET.fromstring(bars(["up", "down", "none"], figures, "gain", [True, False, False], "gains"))  # noqa: S314  # our own
    up, down = svg.findall("rect")
    assert float(up.attrib["x"]) == pytest.approx(float(down.attrib["x"]) + float(down.attrib["width"]), abs=0.2)
    assert float(up.attrib["width"]) == pytest.approx(float(down.attrib["width"]), abs=0.2)
    assert len(svg.findall("path[@class='whisker']")) == 1


def test_a_scatter_keeps_directions() -> None:
    """More is to the right and up (SVG counts y downwards); points that cannot be said are left out."""
    dots = (Dot("a", 1, 1, ours=True), Dot("b", 2, 3, ours=True), Dot("c", 1.5, math.nan))
    svg = ET.fromstring(scatter(Plot("P", RATE, GAIN, dots)))  # noqa: S314  # our own
    first, second = svg.findall("circle")
    assert float(first.attrib["cx"]) < float(second.attrib["cx"])
    assert float(first.attrib["cy"]) > float(second.attrib["cy"])
    assert svg.find("path[@class='line']") is not None
    assert scatter(Plot("P", RATE, GAIN, ())) == ""


def test_a_line_of_another_length_is_refused() -> None:
    """A figure per column."""
    with pytest.raises(ValueError, match="1 figures, 2 columns"):
        Table("t", "T", (RATE, GAIN), (Line("x", (Figure(1),)),))
