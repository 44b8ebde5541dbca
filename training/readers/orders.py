"""Order files to baskets: the reader's front door."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from training.readers.clean import DROPPED, REPEATED, Evidence, Rules, classify, gather, settle
from training.readers.contacts import remark
from training.readers.errors import InputError
from training.readers.files import open_sources
from training.readers.formats.recognise import recognise
from training.readers.numbering import number_orders
from training.readers.options import ReadOptions
from training.readers.raw import MALFORMED, Raw
from training.readers.rejects import CELLS, reject_rows, write_rejects
from training.readers.wishes import WITHHELD, honour
from training.readers.words import coded, stacked, values
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
    raws, formats = [_coded(raw) for raw in queried], {raw.file: "query" for raw in queried}
    for i, path in enumerate(paths):
        tell(f"reading {path}", 0.5 * i / len(paths))
        for source in open_sources(path):
            known = recognise(source, "orders", options)
            raws.append(_coded(known.format.read(source, options)))
            formats[source.name] = known.text()
    tell("cleaning", 0.5)
    rules, notes = _rules(raws, options)
    remarks = tuple(f"{raw.file}: {note}" for raw in raws for note in raw.notes) + notes
    remarks += remark(values(raw.frame["customer_id"]) for raw in raws)
    columns = {raw.file: dict(raw.columns) for raw in raws}
    kept, rejected, reasons, lines = _clean(raws, rules, options)
    purchases = stacked(kept)
    kept.clear()
    if options.wishes:
        plain, reasons[WITHHELD] = honour(purchases.with_columns(pl.col(_IDS).cast(pl.String)), options.wishes)
        purchases = plain.with_columns(coded(plain[name]) for name in _IDS)
    _refuse_nothing(purchases, reasons, next(iter(formats)))
    tell("numbering orders", 0.7)
    orders, repeats = number_orders(purchases, timed=rules.timed, currency=rules.currency)
    rejected.append(_repeated(purchases[repeats]))
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
        columns=columns,
        notes=remarks,
        formats=formats,
    )


def _coded(raw: Raw) -> Raw:
    """A file's cells with text by its distinct values: a tenth of the memory, and every value is understood once."""
    texts = [c for c in raw.frame.columns if c not in ("line", MALFORMED, "place")]
    return replace(raw, frame=raw.frame.with_columns(coded(raw.frame[c]) for c in texts))


def _rules(raws: Sequence[Raw], options: ReadOptions) -> tuple[Rules, tuple[str, ...]]:
    found = [gather(raw) for raw in raws]
    evidence = sum(found, Evidence())
    if evidence.timed and evidence.untimed:
        without = next(raw.file for raw, e in zip(raws, found, strict=True) if e.untimed)
        with_times = next(raw.file for raw, e in zip(raws, found, strict=True) if e.timed)
        raise InputError(
            f"{without} has no times but {with_times} has. Give both times (--columns ts=<column>), "
            "or neither (--columns ts=)."
        )
    priced = [raw.file for raw, e in zip(raws, found, strict=True) if e.codes]
    return settle(evidence, options, ", ".join(priced[:3]))


def _clean(
    raws: list[Raw], rules: Rules, options: ReadOptions
) -> tuple[list[pl.DataFrame], list[pl.DataFrame], Counter[str], int]:
    """Purchases and rejects of each file, lines by reason, and all lines; lets go of every file's cells in turn."""
    kept, rejected, reasons, lines = [], [], Counter[str](), 0
    for number in range(len(raws)):
        raw = raws[number]
        frame = classify(raw, rules)
        bad = frame["reason"].is_not_null()
        cells = raw.frame.filter(bad)
        listed = frame.filter(bad).with_columns(pl.col("reason").cast(pl.String))
        _refuse_unreadable(raw.file, listed, cells, frame.height, options)
        rejected.append(reject_rows(raw.file, listed, cells))
        reasons.update(dict(listed["reason"].value_counts().iter_rows()))
        lines += frame.height
        good = frame.filter(~bad) if bad.any() else frame
        kept.append(good.drop("reason").with_columns(pl.lit(raw.file, pl.Enum([raw.file])).alias("file")))
        raws[number] = Raw(raw.file, raw.frame.clear(), raw.columns, raw.notes)
    return kept, rejected, reasons, lines


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
        + ". Correct the file, or name the right columns with --columns."
    )


def _cells(row: Sequence[object]) -> str:
    """The cells of a line that hold something, cut short."""
    pairs = zip(CELLS, row, strict=True)
    return ", ".join(f"{name}={str(cell)[:40]!r}" for name, cell in pairs if cell is not None)


def _refuse_nothing(purchases: pl.DataFrame, reasons: Counter[str], name: str) -> None:
    if purchases.is_empty():
        table = ", ".join(f"{reason}: {n}" for reason, n in sorted(reasons.items()))
        raise InputError(f"{name}: no line is a purchase ({table}). Check the columns with --columns.")


def _repeated(lines: pl.DataFrame) -> pl.DataFrame:
    """Reject rows of repeated lines, with their values as understood."""
    time = pl.when(pl.col("ts") >= 0).then(pl.from_epoch("ts").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).alias("ts")
    price = pl.when(pl.col("unit_price") >= 0).then(pl.col("unit_price") / 10_000).alias("unit_price")
    shown = lines.select("order_id", "item_id", time, "quantity", price)
    what = lines.select(pl.col("line"), pl.lit(REPEATED).alias("reason"))
    return reject_rows("", what, shown).with_columns(lines["file"].cast(pl.String))
