"""Order files to baskets: the reader's front door."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from training.readers.clean import (
    BAD_PRICE,
    BAD_QUANTITY,
    BAD_TIME,
    DROPPED,
    REPEATED,
    Evidence,
    Rules,
    classify,
    gather,
    settle,
)
from training.readers.contacts import remark
from training.readers.errors import InputError
from training.readers.files import open_sources
from training.readers.formats.recognise import recognise
from training.readers.numbering import number_orders
from training.readers.options import ReadOptions
from training.readers.raw import Raw
from training.readers.rejects import CELLS, reject_rows, write_rejects
from training.readers.wishes import WITHHELD, honour
from training.readers.words import Lines, lines_of, stacked
from training.records import Orders, ReadReport

_IDS = ("order_id", "customer_id", "item_id")
Progress = Callable[[str, float], None]


def read_orders(
    paths: Sequence[Path],
    options: ReadOptions,
    rejects: Path | None,
    progress: Progress | None = None,
    queried: Sequence[Raw] = (),
) -> tuple[Orders, ReadReport]:
    """Read, clean and number the orders of all files.

    The result does not depend on the order of lines and files where orders carry times, nor on the number of threads.

    Args:
        paths: files of any known format (`formats.known`), plain or .gz, .zst, .zip; an order may spread over files.
        options: what the shop says about its files.
        rejects: where to list the lines that are in no basket; None lists them nowhere.
        progress: told the stage and the share done, 0 to 1.
        queried: cells that come from elsewhere, such as a database (`sql`), beside those of the files.

    Raises:
        InputError: a file cannot be used, more than `options.max_unparsed` of its lines cannot be read, some files have
            times and others none, or nothing is left.
    """
    tell = progress or (lambda _stage, _share: None)
    if not paths and not queried:
        raise InputError("no order files given. Name at least one with --orders.")
    heads, files = [_head(raw) for raw in queried], [(raw.file, raw.lines()) for raw in queried]
    formats = {raw.file: "query" for raw in queried}
    for i, path in enumerate(paths):
        tell(f"reading {path}", 0.5 * i / len(paths))
        for source in open_sources(path):
            known = recognise(source, "orders", options)
            raw = known.format.read(source, options)
            heads.append(_head(raw))
            files.append((raw.file, raw.lines()))
            formats[source.name] = known.text()
    tell("cleaning", 0.5)
    rules, notes = _rules(files, options)
    remarks = tuple(f"{head.file}: {note}" for head in heads for note in head.notes) + notes
    remarks += remark(lines.asked("customer_id") for _, lines in files)
    kept, rejected, reasons, lines = _clean(files, rules, options)
    purchases = stacked(kept)
    kept.clear()
    if options.wishes:
        purchases, reasons[WITHHELD] = _as_wished(purchases, options)
    _refuse_nothing(purchases, reasons, next(iter(formats)))
    tell("numbering orders", 0.7)
    orders, repeats = number_orders(purchases, timed=rules.timed, currency=rules.currency)
    rejected.append(_repeated(purchases.rows(repeats)))
    reasons[REPEATED] += len(repeats)
    if rejects is not None:
        write_rejects(rejects, rejected)
    tell("orders read", 1.0)
    return orders, ReadReport(
        files=(*(raw.file for raw in queried), *map(str, paths)),
        lines=lines,
        kept=purchases.height - len(repeats),
        dropped={r: reasons[r] for r in (*DROPPED, WITHHELD) if reasons[r]},
        unparsed={r: n for r, n in sorted(reasons.items()) if r not in (*DROPPED, WITHHELD)},
        rejects=None if rejects is None else str(rejects),
        columns={head.file: dict(head.columns) for head in heads},
        notes=remarks,
        formats=formats,
    )


def _head(raw: Raw) -> Raw:
    """A file without its cells."""
    return replace(raw, frame=raw.frame.clear(), values={})


def _rules(files: Sequence[tuple[str, Lines]], options: ReadOptions) -> tuple[Rules, tuple[str, ...]]:
    found = [gather(lines) for _, lines in files]
    evidence = sum(found, Evidence())
    if evidence.timed and evidence.untimed:
        without = next(file for (file, _), e in zip(files, found, strict=True) if e.untimed)
        with_times = next(file for (file, _), e in zip(files, found, strict=True) if e.timed)
        raise InputError(
            f"{without} has no times but {with_times} has. Give both times (--columns ts=<column>), "
            "or neither (--columns ts=)."
        )
    priced = [file for (file, _), e in zip(files, found, strict=True) if e.codes]
    return settle(evidence, options, ", ".join(priced[:3]))


def _clean(
    files: list[tuple[str, Lines]], rules: Rules, options: ReadOptions
) -> tuple[list[Lines], list[pl.DataFrame], Counter[str], int]:
    """Purchases and rejects of each file, lines by reason, and all lines; lets go of every file's cells in turn."""
    kept, rejected, reasons, lines = [], [], Counter[str](), 0
    files.reverse()
    while files:
        file, cells = files.pop()
        good, reason = classify(cells, rules)
        lines += cells.height
        if reason is None:
            _refuse_unreadable(file, pl.DataFrame({"reason": []}), pl.DataFrame(), cells.height, options)
        else:
            bad = reason.is_not_null()
            listed = pl.DataFrame({"line": cells.frame["line"], "reason": reason}).filter(bad)
            listed = listed.with_columns(pl.col("reason").cast(pl.String))
            shown = cells.filter(bad).texts(CELLS)
            _refuse_unreadable(file, listed, shown, cells.height, options)
            rejected.append(reject_rows(file, listed, shown))
            reasons.update(dict(listed["reason"].value_counts().iter_rows()))
            good = good.filter(~bad)
        here = pl.repeat(0, good.height, dtype=pl.UInt32, eager=True)
        kept.append(Lines(good.frame.with_columns(here.alias("file")), {**good.values, "file": pl.Series([file])}))
    return kept, rejected, reasons, lines


def _as_wished(purchases: Lines, options: ReadOptions) -> tuple[Lines, int]:
    """Purchases as customers allow (`wishes`), and how many lines were left out."""
    ids = purchases.frame.with_columns(purchases.column(name).cast(pl.String).alias(name) for name in _IDS)
    plain, count = honour(ids, options.wishes)
    found = lines_of(plain.select(_IDS))
    others = {name: values for name, values in purchases.values.items() if name not in _IDS}
    return Lines(plain.with_columns(found.frame.get_columns()), {**others, **found.values}), count


def _refuse_unreadable(file: str, bad: pl.DataFrame, cells: pl.DataFrame, lines: int, options: ReadOptions) -> None:
    if lines == 0:
        raise InputError(f"{file}: there is a header but no line below it. Export it again, or leave it out.")
    unread = ~bad["reason"].is_in(DROPPED)
    if unread.sum() <= options.max_unparsed * lines:
        return
    shown = [
        f"line {line}: {reason} ({_cells(row)})"
        for (line, reason), row in zip(
            bad.filter(unread).select("line", "reason").head(3).iter_rows(),
            cells.filter(unread).select(CELLS).head(3).iter_rows(),
            strict=True,
        )
    ]
    raise InputError(
        f"{file}: {unread.sum()} of {lines} lines ({unread.sum() / lines:.1%}) cannot be read, "
        f"more than {options.max_unparsed:.0%}. "
        + "; ".join(shown)
        + ". Correct the file, or name the right columns with --columns"
        + _hint(str(bad.filter(unread)["reason"].mode().sort()[0]))
        + "."
    )


def _hint(reason: str) -> str:
    """How to do without the column that makes most lines unreadable, where that is possible."""
    column = {BAD_TIME: "ts", BAD_QUANTITY: "quantity", BAD_PRICE: "unit_price"}.get(reason)
    return f"; --columns {column}= does without" if column else ""


def _cells(row: Sequence[object]) -> str:
    """The cells of a line that hold something, cut short."""
    pairs = zip(CELLS, row, strict=True)
    return ", ".join(f"{name}={str(cell)[:40]!r}" for name, cell in pairs if cell is not None)


def _refuse_nothing(purchases: Lines, reasons: Counter[str], name: str) -> None:
    if purchases.height == 0:
        table = ", ".join(f"{reason}: {n}" for reason, n in sorted(reasons.items()))
        raise InputError(f"{name}: no line is a purchase ({table}). Check the columns with --columns.")


def _repeated(lines: Lines) -> pl.DataFrame:
    """Reject rows of repeated lines, with their values as understood."""
    time = pl.when(pl.col("ts") >= 0).then(pl.from_epoch("ts").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).alias("ts")
    price = pl.when(pl.col("unit_price") >= 0).then(pl.col("unit_price") / 10_000).alias("unit_price")
    shown = lines.frame.select(time, "quantity", price).with_columns(lines.texts(("order_id", "item_id")).get_columns())
    what = lines.frame.select(pl.col("line"), pl.lit(REPEATED).alias("reason"))
    return reject_rows("", what, shown).with_columns(lines.texts(("file",))["file"])
