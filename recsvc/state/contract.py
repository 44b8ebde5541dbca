"""The `StateStore` contract: what changes all day, held by SQLite on one host or by a Redis of its own.

What a writing method returned for is on disk, where `status().durable` says so. Every method may raise
`StateUnavailableError`; nothing else is lost silently. Safe from any thread; opened after a fork.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from recsvc.state.records import Consent, CustomerState, Event, LiveItem, Receipt, Standing, StateStatus, Word

DEDUPLICATED_DAYS = 7
"""An event sent again within so many days is known again, in either store."""


class StateUnavailableError(Exception):
    """The state does not answer, or not in time; the message says what happened and names no path or secret."""


class StateStore(Protocol):
    """Events, customers' words, live items."""

    def status(self) -> StateStatus:
        """How well the store keeps its word now. Never raises."""

    def append(self, events: Sequence[Event], now: int) -> Receipt:
        """Keep events that are new, by `event_id`, in their order; all of them or none.

        Of one name within a batch the first is kept and the others are duplicates.
        """

    def customer(self, customer_id: str, decision: str = "") -> CustomerState:
        """What is held of one customer, in one trip; `decision` names a decision to bring along."""

    def standings(self, customer_ids: Sequence[str]) -> Mapping[str, Standing]:
        """What customers said about themselves, in one trip; who said nothing is absent."""

    def decide(self, customer_id: str, name: str, decision: bytes, now: int, until: int) -> None:
        """Note a decision until second `until`; the first of its name stands, and is seen by all from then on.

        Decisions whose time was over at second `now` are let go of on the way: without it a customer who is asked about
        every day would gather one a day.
        """

    def set_consent(self, customer_id: str, consent: Consent) -> None:
        """Note what a customer consents to; with anything but `full`, their events and decisions are erased."""

    def set_use(self, customer_id: str, item_id: str, order_id: str, *, use: bool) -> None:
        """Note that a purchase must not (or may again) speak for a customer; order "" means every order."""

    def erase(self, customer_id: str, at: int) -> None:
        """Forget a customer: events, decisions, purchases not to use.

        What stays is a digest of their id, `at`, and a consent that was refused.
        """

    def words(self) -> Sequence[Word]:
        """What customers said that the trainer must honour: erasures, consent other than `full`, purchases not to use.

        By digest.
        """

    def put_items(self, items: Sequence[LiveItem]) -> int:
        """Note what a shop says of items; None leaves what it said before. Returns the new revision."""

    def items_since(self, revision: int) -> tuple[int, Sequence[LiveItem]]:
        """The newest revision, and the items that changed after `revision`; 0 asks for all."""

    def log(self, after: str, limit: int) -> Sequence[tuple[str, Event]]:
        """Events in the order they were kept, with their places, from the one after place `after`; "" is the start."""

    def forget_log(self, upto: str, before: int) -> int:
        """Let go of archived events up to place `upto`; returns how many.

        What customers' memories need stays: where the log is that memory, only what came before second `before` goes.
        """

    def close(self) -> None:
        """Let go of connections; what was acknowledged stays."""
