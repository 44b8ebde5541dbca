"""The handler of what a customer is due to buy again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from flask import Response, request
from msgspec import UNSET

from models.days import date_of, day_of
from recsvc import __version__, reasons
from recsvc.phases import Standing, phase_of, standings
from recsvc.ranking import Pick
from recsvc.replenish import Repeat, day_asked, replenish
from recsvc.store.contract import ModelStore, Snapshot
from recsvc.web import caching, door, parse, views
from recsvc.web.access import Access
from recsvc.web.messages import MAX_ID
from recsvc.web.problems import InputError
from recsvc.web.render import Names, item_of
from recsvc.web.replenish_messages import CategoryStanding, DueItem, Replenishment, ReplenishQuery, Span
from recsvc.web.respond import respond

_DAY = 86_400


class Replenishing:
    """Answers `GET /customers/{customer_id}/replenish`.

    Args:
        store: where versions come from.
        access: who may ask.
        stem_cap: most items with titles alike.
        clock: seconds since 1970.
        live: the version as one customer's question must see it; None: as it is.
    """

    def __init__(
        self,
        store: ModelStore,
        access: Access,
        stem_cap: int,
        clock: Callable[[], float] = time.time,
        live: Callable[[Snapshot, str], Snapshot] | None = None,
    ) -> None:
        self._live = live
        self._store = store
        self._access = access
        self._stem_cap = stem_cap
        self._clock = clock

    def replenish(self, customer_id: str) -> Response:
        """`GET /customers/{customer_id}/replenish`."""
        door.permit(self._access, customer_id)
        query = parse.read_query(request, ReplenishQuery)
        if len(customer_id) > MAX_ID:
            raise InputError("customer_id", f"expected at most {MAX_ID} characters")
        asked = day_of(query.as_of)
        snapshot = self._store.snapshot()
        if snapshot is None:
            name = _name(None, customer_id, query)
            return respond(Replenishment(name, customer_id, None, None, None, "no_model", 0, [], []))
        if self._live is not None:
            snapshot = self._live(snapshot, customer_id)
        until = day_of(snapshot.shop.data_until)
        today = asked if asked is not None else day_asked(int(self._clock() // _DAY), until)
        answer = self._answer(snapshot, customer_id, query, None if until is None else today)
        view = door.caller().view
        views.narrow(answer.items, view)
        if view == "public":
            for item in answer.items:
                item.likelihood = UNSET
        return respond(answer)

    def _answer(self, snapshot: Snapshot, customer_id: str, query: ReplenishQuery, today: int | None) -> Replenishment:
        history = snapshot.customer(customer_id)
        answer = Replenishment(
            recommendation_id=_name(snapshot.version, customer_id, query),
            customer_id=customer_id,
            model_version=snapshot.version,
            generated_at=snapshot.generated_at,
            as_of=None if today is None else date_of(today),
            empty_reason=None,
            count=0,
            items=[],
            categories=[],
        )
        if today is None or history is None:
            answer.empty_reason = "no_times" if today is None else "unknown_customer"
            return answer
        due = replenish(snapshot, history, today, query.within_days, query.n, self._stem_cap)
        stands = standings(history, snapshot.facts, today)
        shown = [pick for pick, _ in due] + [Pick(standing.item, 0.0, None, -1, 0) for standing in stands]
        names = Names(snapshot, shown, [])
        answer.items = [_due_item(snapshot, names, pick, one, rank, today) for rank, (pick, one) in enumerate(due, 1)]
        answer.count = len(answer.items)
        answer.categories = _categories(names, stands)
        answer.empty_reason = None if answer.items else "nothing_due"
        return answer


def _due_item(snapshot: Snapshot, names: Names, pick: Pick, due: Repeat, rank: int, today: int) -> DueItem:
    item = item_of(snapshot, names, pick, rank)
    told = {name: getattr(item, name) for name in item.__struct_fields__}
    told["reason"] = reasons.due_again(due.orders, due.interval_days, max(today - due.last_day, 0), item.item_id)
    return DueItem(
        **told,
        due_at=date_of(due.due_day),
        window=Span(date_of(due.from_day), date_of(due.to_day)),
        interval_days=due.interval_days,
        based_on_orders=due.orders,
        last_ordered_at=date_of(due.last_day),
        suggested_quantity=float(f"{due.quantity:.3g}"),
        likelihood=float(f"{due.likelihood:.3g}"),
        phase=phase_of(max(today - due.last_day, 0), due.interval_days),
    )


def _categories(names: Names, stands: Sequence[Standing]) -> list[CategoryStanding]:
    return [
        CategoryStanding(
            category=names.card(standing.item).category,
            phase=standing.phase,
            job=standing.job,
            last_item_id=names.item_id(standing.item),
            last_ordered_at=date_of(standing.last_day),
            interval_days=standing.interval_days or None,
        )
        for standing in stands
    ]


def _name(version: str | None, customer_id: str, query: ReplenishQuery) -> str:
    """The answer's name: the same for the same question and version."""
    asked = f"replenish {query.within_days} {query.as_of}"
    return f"r_{caching.picks_key(version, f'{__version__} {asked}', customer_id, query.n)}"
