"""Reasons of picks put into the words of a locale."""

from __future__ import annotations

from collections.abc import Sequence

from recsvc.contact.wording import Locale, line, sentence
from recsvc.store.contract import Snapshot
from recsvc.web.goods import read_card
from recsvc.web.messages import Evidence, Item, Reason


def speak(snapshot: Snapshot, items: Sequence[Item], locale: Locale, *, aloud: bool) -> None:
    """Say reasons in `locale`, in place; `aloud` gives every item a sentence for a person beside.

    English reasons stay as they are: they say more, such as when something was bought last.
    """
    if locale == "en" and not aloud:
        return
    reasons = [item.reason for item in items if isinstance(item.reason, Reason)]
    named = list(dict.fromkeys(r.because_item_id for r in reasons if isinstance(r.because_item_id, str)))
    titles = dict(zip(named, _titles(snapshot, named), strict=True))
    for item in items:
        if not isinstance(item.reason, Reason):
            continue
        code, evidence, of = item.reason.code, item.reason.evidence, item.reason.because_item_id
        because = titles.get(of) if isinstance(of, str) else None
        times = evidence.own_orders if isinstance(evidence, Evidence) else None
        counted = times if isinstance(times, int) else None
        if locale != "en":
            item.reason.text = line(locale, code, because, counted)
        if aloud:
            title = item.title if isinstance(item.title, str) else item.item_id
            item.say = sentence(locale, code, title, because, counted)


def _titles(snapshot: Snapshot, ids: Sequence[str]) -> list[str]:
    """Title of each item, its id where it has none."""
    cards = snapshot.cards(snapshot.find(ids)) if ids else []
    shown = map(read_card, cards)
    return [card.title or item_id for card, item_id in zip(shown, ids, strict=True)]
