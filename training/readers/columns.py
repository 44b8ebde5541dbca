"""Which column of a file is which of ours: by name, whatever its case, spaces and underscores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.readers.errors import InputError
from training.readers.names import (
    CATALOGUE_FIELDS,
    CATALOGUE_REQUIRED,
    ORDER_FIELDS,
    ORDER_REQUIRED,
    ORDER_USEFUL,
    Tiers,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which columns a reader looks for.

    Attributes:
        fields: ours → tiers of normalised names.
        required: those of ours without which a file is of no use.
        overrides: ours → the file's own name, of these fields only.
        strict: whether an override must be in the file. Orders and catalogue share `--columns`, and what names the
            orders' item column need not name the catalogue's.
        trimmed: whether text comes trimmed. Orders' cells come by their values where that saves work (`words`), and are
            trimmed value by value.
        useful: those of ours without which less is learnt, so that a remark says what else the file holds.
    """

    fields: Mapping[str, Tiers]
    required: tuple[str, ...]
    overrides: Mapping[str, str]
    strict: bool = True
    trimmed: bool = True
    useful: tuple[str, ...] = ()


def order_columns(overrides: Mapping[str, str]) -> Wanted:
    """What order files are searched for."""
    return Wanted(ORDER_FIELDS, ORDER_REQUIRED, _own(overrides, ORDER_FIELDS), trimmed=False, useful=ORDER_USEFUL)


def catalogue_columns(overrides: Mapping[str, str]) -> Wanted:
    """What a catalogue is searched for."""
    return Wanted(CATALOGUE_FIELDS, CATALOGUE_REQUIRED, _own(overrides, CATALOGUE_FIELDS), strict=False)


def parse_columns(text: str) -> dict[str, str]:
    """`"order_id=InvoiceNo,item_id=StockCode"` as a mapping, for `--columns`.

    Raises:
        InputError: a part without `=`, or a name of ours given twice.
    """
    columns: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        ours, equals, theirs = part.partition("=")
        if not equals:
            raise InputError(f"--columns: {part!r} has no '='. Write ours=theirs, such as order_id=InvoiceNo.")
        if ours.strip() in columns:
            raise InputError(f"--columns: {ours.strip()} is given twice. Name one column of the file.")
        columns[ours.strip()] = theirs.strip()
    return columns


def resolve(header: Sequence[str], wanted: Wanted, file: str) -> dict[str, int]:
    """Position in `header` of each of our columns that the file has.

    Raises:
        InputError: a required column is missing, two columns claim the same name of ours, or an override is wrong.
    """
    found = {ours: at for ours in wanted.fields if (at := _position(ours, header, wanted, file)) is not None}
    missing = [ours for ours in wanted.required if ours not in found]
    if missing:
        names = ", ".join(repr(h) for h in header[:30]) or "none"
        raise InputError(
            f"{file}: no column for {' and '.join(missing)}. The header's columns are: {names[:600]}. "
            f"Say which it is with --columns {','.join(f'{m}=<column>' for m in missing)}."
        )
    return found


def unread(header: Sequence[str], found: Mapping[str, int], wanted: Wanted) -> tuple[str, ...]:
    """A remark where the file has no useful column of ours and holds others: one of them may be it.

    What an override hides is not missed.
    """
    missing = [ours for ours in wanted.useful if ours not in found and ours not in wanted.overrides]
    others = [name for at, name in enumerate(header) if name and at not in found.values()]
    if not missing or not others:
        return ()
    shown = ", ".join(repr(name[:60]) for name in others[:12]) + (", …" if len(others) > 12 else "")
    return (
        f"no column for {' and '.join(missing)}; not read: {shown}. If one of these is meant: --columns "
        f"{','.join(f'{ours}=<column>' for ours in missing)}",
    )


def recognised(header: Sequence[str], wanted: Wanted) -> int:
    """How many of our columns a header seems to hold: the measure by which a delimiter is chosen."""
    names = {normalise(h) for h in header}
    theirs = {normalise(t) for t in wanted.overrides.values()}
    known = sum(any(_plain(n) in names for tier in tiers for n in tier) for tiers in wanted.fields.values())
    return known + len(names & theirs)


def normalise(name: str) -> str:
    """A column's name without case, spaces, underscores and other signs."""
    return "".join(c for c in name.casefold() if c.isalnum())


def _own(overrides: Mapping[str, str], fields: Mapping[str, Tiers]) -> dict[str, str]:
    """The overrides of these fields; one of no field at all is refused."""
    for ours in overrides:
        if ours not in ORDER_FIELDS and ours not in CATALOGUE_FIELDS:
            known = ", ".join(dict.fromkeys((*ORDER_FIELDS, *CATALOGUE_FIELDS)))
            raise InputError(f"--columns: {ours!r} is none of our columns. Use one of {known}.")
    return {ours: theirs for ours, theirs in overrides.items() if ours in fields}


def _plain(name: str) -> str:
    return name.replace("_", "")


def _position(ours: str, header: Sequence[str], wanted: Wanted, file: str) -> int | None:
    if ours in wanted.overrides:
        theirs = wanted.overrides[ours]
        if not theirs:
            return None
        if wanted.strict or normalise(theirs) in {normalise(h) for h in header}:
            return _overridden(ours, theirs, header, file)
    for tier in wanted.fields[ours]:
        names = {_plain(n) for n in tier}
        hits = [i for i, h in enumerate(header) if normalise(h) in names]
        if len(hits) > 1:
            raise _doubt(ours, hits, header, file)
        if hits:
            return hits[0]
    return None


def _overridden(ours: str, theirs: str, header: Sequence[str], file: str) -> int:
    hits = [i for i, h in enumerate(header) if h == theirs]
    hits = hits or [i for i, h in enumerate(header) if normalise(h) == normalise(theirs) != ""]
    if len(hits) > 1:
        raise _doubt(ours, hits, header, file)
    if not hits:
        names = ", ".join(repr(h) for h in header[:30])
        raise InputError(f"{file}: --columns {ours}={theirs}, but the header has no such column: {names[:600]}.")
    return hits[0]


def _doubt(ours: str, hits: Sequence[int], header: Sequence[str], file: str) -> InputError:
    names = " and ".join(f"{header[i]!r} (column {i + 1})" for i in hits)
    same = len({header[i] for i in hits}) < len(hits)
    advice = "rename one of them in the file" if same else f"choose with --columns {ours}={header[hits[0]]}"
    return InputError(f"{file}: {names} could each be {ours}; {advice}.")
