"""The customer's rights: what is held, erase it, consent, "do not use this purchase"."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from flask import Response, request

from recsvc.live import DAY, live_snapshot
from recsvc.outreach import second_of
from recsvc.picks import PicksSettings, pick
from recsvc.settings import ServiceSettings
from recsvc.state.contract import StateStore, StateUnavailableError
from recsvc.state.mirror import Mirror
from recsvc.state.records import CustomerState, Event, Standing
from recsvc.store.contract import ModelStore, Snapshot
from recsvc.web import door, parse, render
from recsvc.web.access import Access
from recsvc.web.messages import MAX_ID, NoQuery, Reason
from recsvc.web.problems import InputError, Refusal, input_error
from recsvc.web.remembering import unavailable
from recsvc.web.respond import respond
from recsvc.web.state_messages import (
    ConsentBody,
    CustomerData,
    Done,
    Driven,
    HeldEvent,
    HeldPurchase,
    Unused,
    UseBody,
)

_Body = TypeVar("_Body", bound=msgspec.Struct)
_Said = TypeVar("_Said")
_SHOWN = 4


class Rights:
    """The handlers.

    Args:
        settings: of the service.
        picks: how picks are chosen.
        store: the versions.
        state: the memory, None where the operator chose none.
        mirror: the copy of erasures beside the versions.
        access: who may.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        picks: PicksSettings,
        store: ModelStore,
        state: StateStore | None,
        mirror: Mirror,
        access: Access,
        clock: Callable[[], float],
    ) -> None:
        self._kept_days = settings.state_days
        self._picks = picks
        self._store = store
        self._state = state
        self._mirror = mirror
        self._access = access
        self._clock = clock

    def data(self, customer_id: str) -> Response:
        """`GET /customers/{customer_id}/data`."""
        self._permit(customer_id)
        held = CustomerState() if self._state is None else self._ask(lambda state: state.customer(customer_id))
        snapshot = self._store.snapshot()
        until = None if snapshot is None else second_of(snapshot.shop.data_until)
        live = None if snapshot is None else live_snapshot(snapshot, customer_id, held, until)
        return respond(
            CustomerData(
                customer_id=customer_id,
                consent=held.standing.consent,
                erased_at=_iso(held.standing.erased_at),
                model_version=live.version if live else None,
                purchases=_purchases(live, customer_id) if live else [],
                unused=[Unused(item, order or None) for item, order in sorted(held.unused)],
                events=[_held(event) for event in held.events],
                picks=self._driven(live, customer_id) if live else [],
                kept_days=self._kept_days,
            )
        )

    def erase(self, customer_id: str) -> Response:
        """`DELETE /customers/{customer_id}/data`."""
        self._permit(customer_id)
        at = int(self._clock())
        self._ask(lambda state: state.erase(customer_id, at))
        return self._done(customer_id)

    def consent(self, customer_id: str) -> Response:
        """`PUT /customers/{customer_id}/consent`."""
        self._permit(customer_id)
        body = _body(ConsentBody)
        self._ask(lambda state: state.set_consent(customer_id, body.consent))
        return self._done(customer_id)

    def use(self, customer_id: str) -> Response:
        """`PUT /customers/{customer_id}/purchases`."""
        self._permit(customer_id)
        body = _body(UseBody)
        self._ask(lambda state: state.set_use(customer_id, body.item_id, body.order_id or "", use=body.use))
        return self._done(customer_id)

    def _done(self, customer_id: str) -> Response:
        """What stands now; written down beside the versions before it is answered."""
        self._mirror.refresh(now=True)
        said = self._ask(lambda state: state.standings([customer_id])).get(customer_id, Standing())
        return respond(Done(customer_id, said.consent, _iso(said.erased_at)))

    def _permit(self, customer_id: str) -> None:
        door.permit(self._access, customer_id)
        parse.read_query(request, NoQuery)
        if len(customer_id) > MAX_ID:
            raise InputError("customer_id", f"is 1 to {MAX_ID} characters")

    def _ask(self, question: Callable[[StateStore], _Said]) -> _Said:
        if self._state is None:
            raise Refusal(503, "This service has no memory: set RECSVC_STATE or RECSVC_STATE_URL.")
        try:
            return question(self._state)
        except StateUnavailableError as error:
            raise unavailable(error) from error

    def _driven(self, live: Snapshot, customer_id: str) -> list[Driven]:
        answer = render.picks(live, customer_id, pick(live, customer_id, _SHOWN, self._picks), "")
        found = []
        for item in answer.items:
            assert isinstance(item.reason, Reason)  # noqa: S101  # picks always have one
            because = item.reason.because_item_id
            found.append(Driven(item.item_id, item.reason.code, because if isinstance(because, str) else None))
        return found


def _body(kind: type[_Body]) -> _Body:
    try:
        return msgspec.convert(parse.read_json(request, "it"), kind)
    except msgspec.ValidationError as error:
        raise input_error(error) from error


def _purchases(live: Snapshot, customer_id: str) -> list[HeldPurchase]:
    history = live.customer(customer_id)
    if history is None:
        return []
    names = live.item_ids(history.item.tolist())
    columns = zip(names, history.count.tolist(), history.first_day.tolist(), history.last_day.tolist(), strict=True)
    return [HeldPurchase(name, count, _date(first), _date(last)) for name, count, first, last in columns]


def _held(event: Event) -> HeldEvent:
    return HeldEvent(
        event_id=event.event_id,
        type=event.type,
        time=_iso(event.at) or "",
        items=[line.item_id for line in event.items],
        channel=event.channel,
        placement=event.placement,
        campaign=event.campaign,
        order_id=event.order_id,
    )


def _iso(second: int | None) -> str | None:
    return None if second is None else f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _date(day: int) -> str | None:
    return None if day < 0 else f"{datetime.fromtimestamp(day * DAY, UTC):%Y-%m-%d}"
