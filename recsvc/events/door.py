"""A body of events, whatever its shape: ours, GA4's or Segment's. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from recsvc.events import ga4, own, segment
from recsvc.events.draft import Draft, EventError


@dataclass(frozen=True, slots=True)
class Rejected:
    """An event that is not kept, and why.

    Attributes:
        index: its place in the batch.
        field: at fault, "" for the event as a whole.
        message: what it should be.
    """

    index: int
    field: str
    message: str


def read_events(said: Sequence[Any], envelope: dict[str, Any], now: int) -> tuple[list[Draft], list[Rejected]]:
    """Every event of a body, or why it is not kept.

    Args:
        said: the parts of the batch, any JSON.
        envelope: the body around them, which may say who and when for all.
        now: seconds since 1970, for events that say no time.
    """
    drafts: list[Draft] = []
    rejected: list[Rejected] = []
    for index, document in enumerate(said):
        try:
            drafts.append(_read(document, envelope, now))
        except EventError as error:
            rejected.append(Rejected(index, error.field, error.message))
        except msgspec.ValidationError as error:
            rejected.append(Rejected(index, *_at_fault(str(error))))
    return drafts, rejected


def _read(document: object, envelope: dict[str, Any], now: int) -> Draft:
    if not isinstance(document, dict):
        raise EventError("", "is a JSON object")
    if ("event" in document and "ecommerce" in document) or ("name" in document and "type" not in document):
        return ga4.read(document, envelope, now)
    if "event" in document:
        return segment.read(document, now)
    return own.read(document, now)


def _at_fault(text: str) -> tuple[str, str]:
    """The field and a sentence, from what the library says."""
    text, _, place = text.partition(" - at `$")
    place = place.strip("`.").replace("[...]", "")
    for start, message in (
        ("Object missing required field `", "is missing"),
        ("Object contains unknown field `", "is not known here"),
    ):
        if text.startswith(start):
            name = text[len(start) :].split("`", 1)[0]
            return ".".join(filter(None, (place, name))), message
    return place, text[:1].lower() + text[1:]
