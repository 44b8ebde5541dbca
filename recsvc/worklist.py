"""Who is most worth contacting today. Knows the contracts of version and state, no clock and no file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.money import PRICE_SCALE, PRICE_UNKNOWN
from recsvc.contact.rules import Rules
from recsvc.outreach import Outreach, Question, reach_out
from recsvc.picks import PicksSettings
from recsvc.replenish import repeats
from recsvc.state.contract import StateStore
from recsvc.store.contract import Snapshot


@dataclass(frozen=True, slots=True)
class Task:
    """One customer to contact.

    Attributes:
        customer_id: whom.
        value: what the contact is expected to bring, in the currency's unit.
        outreach: with what.
    """

    customer_id: str
    value: float
    outreach: Outreach


def worklist(
    snapshot: Snapshot,
    state: StateStore,
    questions: Iterable[Question],
    settings: PicksSettings,
    rules: Rules,
    budget: int | None,
    least: float,
) -> list[Task]:
    """The customers who may be contacted, by expected value down, then id up; nothing is noted.

    Args:
        snapshot: the version.
        state: what was shown and bought.
        questions: one per customer.
        settings: how picks are chosen.
        rules: of contact.
        budget: at most so many; None for all.
        least: what a contact costs: nobody below it.
    """
    tasks = []
    for question in questions:
        found = reach_out(snapshot, state, question, settings, rules, note=False)
        if found.picks.personal and (worth := value(found, question)) > least:
            tasks.append(Task(question.customer_id, worth, found))
    tasks.sort(key=lambda task: (-task.value, task.customer_id))
    return tasks[:budget]


def value(found: Outreach, question: Question) -> float:
    """`Σ chance · price` over what would be said.

    The chance of a consumable that is due is its likelihood times the quantity usually taken; of a companion it is the
    share of its anchor's orders that hold both, times the probability that the customer is still one. Other items, and
    those without a price, count nothing. A customer may have bought without being asked: this ranks, it promises
    nothing.
    """
    snapshot, facts = found.snapshot, found.snapshot.facts
    history = snapshot.customer(question.customer_id)
    if history is None:
        return 0.0
    due = {
        facts.family.item(one.item): one.likelihood * one.quantity
        for one in repeats(history, facts, snapshot.settings, question.today, 0)
    }
    alive = 1.0 if history.traits.alive is None else history.traits.alive
    total = 0.0
    for pick in found.picks.picks:
        price = facts.price.item(pick.item)
        if price == PRICE_UNKNOWN:
            continue
        chance = due.get(facts.family.item(pick.item), 0.0)
        if not chance and pick.because >= 0 and pick.fallback is None:
            orders = facts.orders.item(found.picks.anchors[pick.because])
            chance = alive * min(pick.together / orders, 1.0) if orders else 0.0
        total += chance * price / PRICE_SCALE
    return total
