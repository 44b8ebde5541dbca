"""Picks into a day's note and back: asked again, they are shown again, not computed again. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from models.customers import Why
from recsvc.contact.decided import Decided, Kept
from recsvc.habits import Due
from recsvc.picks import CustomerPicks
from recsvc.ranking import Pick
from recsvc.store.contract import Snapshot

_DUE, _AGAIN = 1, 2


def keep(snapshot: Snapshot, chosen: CustomerPicks, picks: Sequence[Pick]) -> tuple[Kept, ...]:
    """What a note must hold of `picks`, some of `chosen`'s: score, label, and all that their reasons say."""
    named = [chosen.anchors[p.because] for p in picks if p.because >= 0]
    owned = {p.item: chosen.due.get(p.item) or chosen.again.get(p.item) for p in picks}
    wanted = [*named, *(own.item for own in owned.values() if own is not None)]
    ids = dict(zip(wanted, snapshot.item_ids(wanted), strict=True))
    kept = []
    for p in picks:
        because = ids[chosen.anchors[p.because]] if p.because >= 0 else ""
        why = chosen.voices.get(p.item)
        one = Kept(p.score, p.fallback, because, p.together, why=-1 if why is None else int(why))
        if (own := owned[p.item]) is not None:
            kind = _DUE if p.item in chosen.due else _AGAIN
            one = Kept(
                p.score, p.fallback, because, p.together, kind, ids[own.item], own.orders, own.interval_days,
                own.days_since, one.why,
            )  # fmt: skip
        kept.append(one)
    return tuple(kept)


def restore(snapshot: Snapshot, noted: Decided) -> CustomerPicks | None:
    """The picks of a note, in its order; None where it is of another version or release, or names unknown items."""
    if noted.version != snapshot.version or len(noted.kept) != len(noted.items):
        return None
    names = dict.fromkeys(
        [*noted.items, *(k.because for k in noted.kept if k.because), *(k.own_item for k in noted.kept if k.own)]
    )
    places = dict(zip(names, snapshot.find(list(names)), strict=True))
    if -1 in places.values():
        return None
    because = list(dict.fromkeys(k.because for k in noted.kept if k.because))
    at = {name: position for position, name in enumerate(because)}
    items = [places[name] for name in noted.items]
    own = {
        item: (k.own, Due(places[k.own_item], k.orders, k.interval_days, k.days_since))
        for item, k in zip(items, noted.kept, strict=True)
        if k.own
    }
    return CustomerPicks(
        picks=[
            Pick(item, k.score, k.fallback, at.get(k.because, -1), k.together)
            for item, k in zip(items, noted.kept, strict=True)
        ],
        anchors=[places[name] for name in because],
        due={item: one for item, (kind, one) in own.items() if kind == _DUE},
        personal=any(k.fallback is None for k in noted.kept),
        again={item: one for item, (kind, one) in own.items() if kind == _AGAIN},
        voices={item: Why(k.why) for item, k in zip(items, noted.kept, strict=True) if k.why >= 0},
    )
