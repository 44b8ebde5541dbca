"""The report on cross-sell shelves: ours beside peers on product pages, full carts and growing carts."""

from __future__ import annotations

from training.evaluation.compare import Cell, Comparison
from training.evaluation.metrics import gains, means
from training.evaluation.queries import KINDS, Kind
from training.evaluation.report import NAN, Column, Dot, Figure, Line, Plot, Report, Table, written

_MEANING: dict[Kind, str] = {
    "page": "One item is on the page; what else was in that basket?",
    "cart": "One item of a basket is hidden; is it found?",
    "growing": "A part of a basket is known; what follows?",
}
_NAMES: dict[Kind, str] = {"page": "Product pages", "cart": "Full carts", "growing": "Growing carts"}
_ACCURACY = (
    Column("ndcg", "nDCG@10", "rate", "1 where the ten places hold what was really bought, the first places first"),
    Column("hit_rate", "HR@10", "rate", "share of questions with at least one right answer"),
    Column("recall", "recall@10", "rate", "share of what was bought that the ten places hold"),
    Column("mrr", "MRR", "rate", "1 / place of the first right answer"),
)
_SPREAD = (
    Column("coverage", "coverage", "share", "share of the items sold that some list shows"),
    Column("popularity_rank", "pop. rank", "count", "how far from the bestsellers (1) shown items are, on average"),
    Column("top_share", "top 1 %", "share", "share of places that the best sold 1 % of items take"),
)
_OVER = Column("gain", "ours over it, nDCG", "gain", "relative gain in nDCG@10; in brackets 95 %, baskets redrawn")
_BEYOND = (
    Column("overlap", "overlap", "share", "of two random pages' lists, the places that both fill with the same item"),
    Column("alike", "twins", "share", "places whose item differs from one above it by a variant word alone"),
    Column("unseasonal", "out of season", "share", "places of items that sold before and hardly sell now"),
    Column("once", "once together", "share", "places whose item shared exactly one basket with the page's"),
    Column("never", "never together", "share", "places whose item shared none: popular things that fill a gap"),
)
_ABOUT = (
    "Every method learnt from the first 90 % of the orders and was asked about the last 10 %. "
    "Peers chose their parameters on the tenth before that."
)


def report_of(comparison: Comparison, title: str = "How good the shelves are") -> Report:
    """A table per kind of question, best method first, then the gains in every metric."""
    kinds = [kind for kind in KINDS if any(cell.kind == kind for cell in comparison.cells)]
    return Report(
        protocol="cross_sell",
        title=title,
        about=_ABOUT,
        tables=(
            *(_table(comparison, kind) for kind in kinds),
            *(_gains(comparison, kind) for kind in kinds),
            *([_beyond(comparison)] if "page" in kinds else []),
            *(_slices(comparison, kind) for kind in kinds),
        ),
        plots=tuple(_trade_off(comparison, kind) for kind in kinds),
        notes=tuple(_parameters(comparison)),
    )


def ranked(comparison: Comparison, kind: Kind) -> list[Cell]:
    """The methods asked one kind of question, by nDCG down, then name."""
    cells = (cell for cell in comparison.cells if cell.kind == kind)
    return sorted(cells, key=lambda cell: (-float(cell.accuracy[:, 0].mean()), cell.method))


def _table(comparison: Comparison, kind: Kind) -> Table:
    cells = ranked(comparison, kind)
    lines = []
    for cell in cells:
        over = comparison.gains.get((kind, cell.method), [Figure(NAN)])[0]
        spread = (cell.spread.coverage, cell.spread.popularity_rank, cell.spread.top_share)
        figures = (*(Figure(float(mean)) for mean in cell.accuracy.mean(axis=0)), *map(Figure, spread), over)
        lines.append(Line(cell.method, figures, cell.method == comparison.ours))
    title = f"{_NAMES[kind]} ({len(cells[0].accuracy):,} questions)"
    return Table(kind, title, (*_ACCURACY, *_SPREAD, _OVER), tuple(lines), "ndcg", _MEANING[kind])


def _gains(comparison: Comparison, kind: Kind) -> Table:
    """Ours with intervals, and its gain over every peer in every metric."""
    cells = ranked(comparison, kind)
    columns = tuple(Column(f"{c.key}_gain", c.head, "gain", c.meaning) for c in _ACCURACY)
    lines = [
        Line(f"over {cell.method}", tuple(comparison.gains[kind, cell.method]))
        for cell in cells
        if cell.method != comparison.ours
    ]
    own = means(comparison.cell(kind, comparison.ours).accuracy, comparison.asked[kind].basket)
    told = ", ".join(
        f"{column.head} {written(figure, column.form)}" for column, figure in zip(_ACCURACY, own, strict=True)
    )
    about = f"{comparison.ours}: {told}."
    return Table(f"{kind}_gains", f"{_NAMES[kind]}: gains over each peer", columns, tuple(lines), "ndcg_gain", about)


def _beyond(comparison: Comparison) -> Table:
    """What a merchant does not forgive, ours and every peer side by side."""
    lines = []
    for cell in ranked(comparison, "page"):
        minded, spread = cell.beyond, cell.spread
        if minded is not None:
            told = (spread.coverage, spread.popularity_rank, spread.top_share)
            found = (minded.overlap, minded.alike, minded.unseasonal, minded.once, minded.never)
            lines.append(Line(cell.method, tuple(map(Figure, (*told, *found))), cell.method == comparison.ours))
    title = "Beyond accuracy, on product pages"
    about = (
        "The same bestsellers everywhere, twins side by side, Christmas in spring, chance pairs: what shoppers notice."
    )
    return Table("beyond", title, (*_SPREAD, *_BEYOND), tuple(lines), "overlap", about)


def _slices(comparison: Comparison, kind: Kind) -> Table:
    """Ours and the best peer on parts of the questions."""
    peer, asked = comparison.best_peer(kind), comparison.asked[kind]
    ours = comparison.cell(kind, comparison.ours).accuracy[:, :1]
    theirs = comparison.cell(kind, peer).accuracy[:, :1] if peer else None
    lines = []
    for name, mask in comparison.slices[kind].items():
        basket = asked.basket[mask]
        figures = [Figure(float(mask.sum())), means(ours[mask], basket)[0]]
        if theirs is not None:
            figures += [Figure(float(theirs[mask].mean())), gains(ours[mask], theirs[mask], basket)[0]]
        lines.append(Line(name, tuple(figures)))
    columns = [Column("questions", "questions", "count"), Column("ndcg", "ours, nDCG@10", "rate")]
    if peer:
        columns += [Column("peer", f"{peer}, nDCG@10", "rate"), Column("gain", "ours over it", "gain")]
    drawn = "gain" if peer else "ndcg"
    return Table(f"{kind}_slices", f"{_NAMES[kind]}: parts of the questions", tuple(columns), tuple(lines), drawn)


def _trade_off(comparison: Comparison, kind: Kind) -> Plot:
    dots = [
        Dot(c.method, c.spread.coverage, float(c.accuracy[:, 0].mean()), c.method == comparison.ours)
        for c in ranked(comparison, kind)
    ]
    about = "Up is more often right; to the right is more of the catalogue shown."
    return Plot(f"{_NAMES[kind]}: accuracy and coverage", _SPREAD[0], _ACCURACY[0], tuple(dots), about)


def _parameters(comparison: Comparison) -> list[str]:
    """What each peer's tuning chose."""
    return [
        f"{cell.method}, {cell.kind}: " + ", ".join(f"{name} {value:g}" for name, value in cell.parameters.items())
        for cell in comparison.cells
        if cell.parameters
    ]
