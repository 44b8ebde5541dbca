"""What a training run read, kept and learnt, as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.gate import Verdict
from models.model import Model
from training.records import CatalogueReport, ReadReport

Row = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Trained:
    """A version that was written, and what became of the files it was learnt from.

    Attributes:
        name: the version's.
        model: as written.
        read: what became of the orders' lines.
        listed: what became of the catalogue's lines; None without a catalogue.
        bought: items in orders.
        unlisted: items in orders that the catalogue does not list; 0 without a catalogue.
        links, adrift: the catalogue's own links, and those of them that name no item.
        verdict: the gate's; None where there was no live version, or nobody asked it.
        remarks: what learning did that nobody would expect, in sentences' length.
        doubts: what makes the orders look misread (`training.doubts`).
    """

    name: str
    model: Model
    read: ReadReport
    listed: CatalogueReport | None
    bought: int
    unlisted: int
    verdict: Verdict | None = None
    links: int = 0
    adrift: int = 0
    remarks: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def report(trained: Trained) -> str:
    """The table, then what had to be guessed, then what looks wrong."""
    model, read, listed = trained.model, trained.read, trained.listed
    rows = _lines("lines read", read)
    if listed:
        rows += _lines("catalogue lines read", listed)
        rows += [(f"  cells not understood: {column}", count) for column, count in sorted(listed.unread_cells.items())]
    rows += [("orders", model.shop.orders), ("customers", model.shop.customers)]
    rows.append(("  with a list of what is next", int(np.count_nonzero(np.diff(model.customers.next.indptr)))))
    rows.append(("items", model.shop.items))
    if listed:
        rows.append(("  bought, not in the catalogue", trained.unlisted))
    if trained.links:
        rows += [("links of the merchant's", trained.links), ("  naming no item, left out", trained.adrift)]
    for kind, vectors in model.vectors.items():
        rows.append((f"  with {kind} neighbours", int(np.count_nonzero(np.diff(vectors.indptr)))))
    table = [f"{label:<48} {count:>12,}" for label, count in rows]
    return "\n".join(
        [*table, *(f"note: {note}" for note in notes(trained)), *_gate(trained.verdict), *warnings(trained)]
    )


def notes(trained: Trained) -> list[str]:
    """How files were recognised, and what the readers had to guess or repair."""
    read, listed = trained.read, trained.listed
    formats = [f"{file}: read as {known}" for file, known in read.formats.items()]
    if listed is None:
        return [*formats, *read.notes, *trained.remarks]
    said = [f"{listed.file}: {note}" for note in (f"read as {listed.format}", *listed.notes)]
    return [*formats, *read.notes, *said, *trained.remarks]


def warnings(trained: Trained) -> list[str]:
    """What is no error but probably a mistake."""
    odd = [f"WARNING: {text}" for text in (*trained.doubts, *(trained.verdict.warnings if trained.verdict else ()))]
    if trained.listed is None or 2 * trained.unlisted <= trained.bought:
        return odd
    return [
        *odd,
        f"WARNING: {trained.unlisted:,} of {trained.bought:,} items bought are not in {trained.listed.file}. "
        "Is it this shop's catalogue, whole, with the same item ids as the orders?",
    ]


def counts(dropped: Mapping[str, int], unparsed: Mapping[str, int]) -> dict[str, int]:
    """Every reason for which lines are not in a basket, with their number."""
    return dict(sorted({**dropped, **unparsed}.items()))


def _gate(verdict: Verdict | None) -> list[str]:
    """What the gate compared and said."""
    if verdict is None:
        return []
    return [f"gate: {verdict.figures['window']}", *(f"gate refuses: {reason}" for reason in verdict.reasons)]


def _lines(label: str, read: ReadReport | CatalogueReport) -> list[Row]:
    rows = [(label, read.lines), ("  kept", read.kept)]
    rows += [(f"  dropped: {reason}", count) for reason, count in sorted(read.dropped.items())]
    return rows + [(f"  not readable: {reason}", count) for reason, count in sorted(read.unparsed.items())]
