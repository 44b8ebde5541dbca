"""The handler of why an item is, or is not, on a shelf."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from flask import Response, request
from msgspec import UNSET

from models.days import date_of
from recsvc.contact.decide import Verdict
from recsvc.explain import Case, Explained, GateName, GateVerdict, Listed, explain
from recsvc.links import Rules
from recsvc.ranking import MANUAL
from recsvc.state.contract import StateUnavailableError
from recsvc.store.contract import ModelStore, Snapshot
from recsvc.web import door, parse, views
from recsvc.web.access import Access
from recsvc.web.explain_messages import ExplainQuery, Explanation, ToldListed, ToldVerdict
from recsvc.web.reaching import Reaching
from recsvc.web.respond import respond

_SAYS: dict[str, str] = {
    "bought": "bought since, or not due again yet",
    "declined": "the customer said no",
    "not_now": "the customer said not now",
    "has_it_elsewhere": "the customer has one from elsewhere",
    "returned": "the customer gave it back",
    "cooling_down": "shown and not taken: it rests",
}


class Explaining:
    """Answers `GET /explain`.

    Args:
        store: where versions come from.
        access: who may ask.
        stem_cap: most items with titles alike.
        rules: the shop's.
        reaching: what is known of customers, None without a memory.
    """

    def __init__(
        self, store: ModelStore, access: Access, stem_cap: int, rules: Rules, reaching: Reaching | None
    ) -> None:
        self._store = store
        self._access = access
        self._stem_cap = stem_cap
        self._rules = rules
        self._reaching = reaching

    def explain(self) -> Response:
        """`GET /explain`."""
        door.permit(self._access, None)
        query = parse.read_query(request, ExplainQuery)
        door.permit(self._access, query.customer_id)
        snapshot = self._store.snapshot()
        if snapshot is None:
            return respond(_no_model(query))
        seen = snapshot
        if self._reaching is not None and query.customer_id is not None:
            seen = self._reaching.live(snapshot, query.customer_id)
        item, candidate = seen.find([query.item_id, query.candidate_id])
        case = Case(item, candidate, query.type, query.n, query.customer_id)
        found = explain(seen, case, self._stem_cap, self._rules)
        verdicts = [*found.verdicts]
        if candidate >= 0 and item >= 0:
            verdicts += self._of_the_ledger(snapshot, candidate, query.customer_id)
        answer = _told(seen, query, found, verdicts)
        answer.degraded = seen.degraded or self._store.stale
        trait = None if query.customer_id is None else seen.trait(query.customer_id)
        answer.business = None if trait is None else trait.business
        return respond(answer)

    def _of_the_ledger(self, snapshot: Snapshot, candidate: int, customer_id: str | None) -> Iterator[GateVerdict]:
        """What the customer's memory says of it, for a mail of today."""
        if self._reaching is None or customer_id is None:
            return
        try:
            consent, said = self._reaching.verdict(snapshot, customer_id, candidate)
        except StateUnavailableError:
            yield GateVerdict("consent", False, "the memory does not answer, so nothing may be sent", "picks")
            return
        agreed = consent in (None, "full")
        yield GateVerdict("consent", agreed, "consents to picks" if agreed else f"consents to {consent} alone", "picks")
        yield from _words(said)


def _words(said: Verdict) -> Iterator[GateVerdict]:
    gates: tuple[tuple[GateName, bool], ...] = (
        ("bought", said.code == "bought"),
        ("declined", said.code in {"declined", "not_now", "has_it_elsewhere", "returned"}),
        ("cooled_down", said.code == "cooling_down"),
    )
    passing = {"bought": "not bought since", "declined": "not declined", "cooled_down": "not resting"}
    for gate, fails in gates:
        text = _SAYS[said.code] if fails else passing[gate]
        yield GateVerdict(gate, not fails, text, "picks", said.until if fails else None)
        if fails:
            return  # the strongest reason was given; weaker ones were not asked


def _told(snapshot: Snapshot, query: ExplainQuery, found: Explained, verdicts: list[GateVerdict]) -> Explanation:
    named = [item for item in (found.instead, found.listed.item if found.listed else None) if item is not None]
    ids = dict(zip(named, snapshot.item_ids(named), strict=True))
    listed = found.listed
    source: Literal["learned", "manual", "fallback"] | None = None
    if found.shown:
        source = "learned" if found.source is None else "manual" if found.source == MANUAL else "fallback"
    return Explanation(
        item_id=query.item_id,
        candidate_id=query.candidate_id,
        type=query.type,
        customer_id=query.customer_id,
        model_version=snapshot.version,
        generated_at=snapshot.generated_at,
        shown=found.shown,
        rank=found.rank,
        source=source,
        instead=None if found.instead is None else ids[found.instead],
        decided_by=found.decided_by,
        vector=None if listed is None else _place(listed, ids[listed.item]),
        verdicts=[
            ToldVerdict(v.gate, v.passes, v.text, v.binds, None if v.until is None else date_of(v.until))
            for v in verdicts
        ],
    )


def _place(listed: Listed, item_id: str) -> ToldListed:
    """Its place in the vector; few buyers are recognisable buyers, so small counts are for `admin` alone."""
    admin = door.caller().view == "admin"
    return ToldListed(
        listed.rank,
        listed.score,
        item_id,
        listed.together if admin or listed.together >= views.FEWEST else UNSET,
        listed.buyers if listed.buyers and (admin or listed.buyers >= views.FEWEST) else UNSET,
    )


def _no_model(query: ExplainQuery) -> Explanation:
    return Explanation(
        query.item_id, query.candidate_id, query.type, query.customer_id, None, None, False, None, None, None,
        "no_model", None, [],
    )  # fmt: skip
