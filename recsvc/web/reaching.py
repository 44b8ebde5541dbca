"""Picks and carts of known customers, over a state that may not answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from recsvc.contact.decide import SendReason, Verdict
from recsvc.contact.ledger import DAY
from recsvc.contact.rules import PUSHED, STAFF
from recsvc.live import live_snapshot
from recsvc.outreach import Question, reach_out, rules_of, second_of, weigh
from recsvc.picks import PicksSettings, pick
from recsvc.ranking import Pick
from recsvc.settings import ServiceSettings
from recsvc.state.contract import StateStore, StateUnavailableError
from recsvc.state.mirror import Mirror
from recsvc.state.records import Consent, CustomerState, Standing
from recsvc.store.contract import Snapshot
from recsvc.web import caching, render
from recsvc.web.goods import Goods
from recsvc.web.messages import Picks, PicksQuery

_STAFF_PLACES = 3
_PLACES = 4
_EXPLAINED = "explain"
"""A campaign of its own: what was shown today for another one counts."""


class Reaching:
    """Answers about known customers.

    Args:
        settings: of the service.
        picks: how picks are chosen.
        state: the memory.
        mirror: who was erased, for when the memory does not answer.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        picks: PicksSettings,
        state: StateStore,
        mirror: Mirror,
        clock: Callable[[], float],
    ) -> None:
        self._rules = rules_of(settings)
        self._picks = picks
        self._state = state
        self._mirror = mirror
        self._clock = clock
        self._goods = Goods(settings.cards_at_hand)

    def picks(self, snapshot: Snapshot, customer_id: str, query: PicksQuery) -> Picks:
        """What to show a customer, or why nothing."""
        now = int(self._clock())
        question = Question(customer_id, places(query), query.channel, query.campaign or "", now, query.purchased)
        name = f"r_{caching.decision_key(customer_id, question.decision)}"
        try:
            found = reach_out(snapshot, self._state, question, self._picks, self._rules)
        except StateUnavailableError:
            return held_back(snapshot, customer_id, name, "state_unavailable", None)
        if not found.picks.picks:
            return held_back(snapshot, customer_id, name, found.reason or "nothing_to_show", found.next_day)
        return render.picks(found.snapshot, customer_id, found.picks, name, self._goods)

    def verdict(self, snapshot: Snapshot, customer_id: str, item: int) -> tuple[Consent | None, Verdict]:
        """What a customer consents to, and what the ledger says of one item in a mail of today.

        Raises:
            StateUnavailableError: the memory does not answer.
        """
        held = self._state.customer(customer_id)
        live = live_snapshot(snapshot, customer_id, held, second_of(snapshot.shop.data_until))
        question = Question(customer_id, 1, "email", _EXPLAINED, int(self._clock()))
        _, verdicts, _ = weigh(live, [Pick(item, 0.0, None, -1, 0)], held, question, self._picks, self._rules)
        return held.standing.consent, verdicts[0]

    def live(self, snapshot: Snapshot, customer_id: str) -> Snapshot:
        """The version as a customer's shelves must see it: from the memory, else without whoever was erased."""
        try:
            held = self._state.customer(customer_id)
        except StateUnavailableError:
            held = CustomerState(self._mirror.standing(customer_id))
        else:
            self._mirror.refresh()
        return live_snapshot(snapshot, customer_id, held, second_of(snapshot.shop.data_until))


def without_consent(
    snapshot: Snapshot, customer_id: str, query: PicksQuery, settings: PicksSettings, goods: Goods
) -> Picks:
    """The answer to a question that says `consent=session|none`: nothing of the customer is read, nothing noted.

    Where a customer would be interrupted there is nothing to send; on a page and at the counter they are a guest.
    """
    name = f"r_{caching.decision_key(customer_id, query.consent)}"
    if query.channel in PUSHED:
        return held_back(snapshot, customer_id, name, "no_consent", None)
    guest = live_snapshot(snapshot, customer_id, CustomerState(Standing(query.consent)), None)
    chosen = pick(guest, customer_id, places(query), settings, query.purchased)
    return render.picks(guest, customer_id, chosen, name, goods)


def places(query: PicksQuery) -> int:
    """How many picks: as asked, else four, for a person to say three."""
    if query.n is not None:
        return query.n
    return _STAFF_PLACES if query.channel in STAFF else _PLACES


def held_back(snapshot: Snapshot, customer_id: str, name: str, reason: SendReason, next_day: int | None) -> Picks:
    """The answer where nothing is to be sent."""
    again = None if next_day is None else f"{datetime.fromtimestamp(next_day * DAY, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Picks(
        recommendation_id=name,
        customer_id=customer_id,
        model_version=snapshot.version,
        generated_at=snapshot.generated_at,
        source="popular",
        send=False,
        send_reason=reason,
        next_eligible_at=again,
        count=0,
        items=[],
    )
