"""What may be shown to a customer today, and whether it is worth a contact. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from recsvc.contact.ledger import Entry, Ledger
from recsvc.contact.rules import CONTACT_CHANNELS, PUSHED, Rules

VerdictCode = Literal["passes", "bought", "declined", "not_now", "has_it_elsewhere", "returned", "cooling_down"]
SendReason = Literal[
    "no_model",
    "nothing_to_show",
    "cooled_down",
    "nothing_worth_sending",
    "frequency_cap",
    "pause",
    "no_consent",
    "state_unavailable",
]

HARD = frozenset({"bought", "declined", "not_now", "has_it_elsewhere", "returned"})
"""Verdicts that hold at once, even over what was decided this morning."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that might be shown.

    Attributes:
        family: of the item.
        personal: it comes from what the customer did, not from what is popular.
        due_again_after: for a consumable the days after a purchase from which it may be shown again; None: never.
    """

    family: int
    personal: bool
    due_again_after: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one gate says of one candidate.

    Attributes:
        code: `passes`, or why not.
        until: day from which it passes again, None where no day is known.
    """

    code: VerdictCode
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to contact, and with what.

    Attributes:
        send: yes or no.
        reason: why not, None for yes.
        next_day: from when it is worth asking again (days since 1970), None where no day is known.
        chosen: places of the candidates to show, in their order: those to show first, then the reserves.
    """

    send: bool
    reason: SendReason | None
    next_day: int | None
    chosen: tuple[int, ...]


PASSES = Verdict("passes")


def verdict(candidate: Candidate, entry: Entry | None, rules: Rules, today: int, channel: str) -> Verdict:
    """Whether one candidate may be shown today on `channel`; the strongest reason not to comes first."""
    if entry is None:
        return PASSES
    if entry.bought is not None:
        after = candidate.due_again_after
        again = None if after is None else entry.bought + math.ceil(after)
        if again is None or today < again:
            return Verdict("bought", again)
    if entry.word is not None:
        quiet = {"declined": rules.declined, "not_now": rules.not_now}.get(entry.word, rules.elsewhere)
        until = entry.said + math.ceil(quiet)
        if today < until:
            return Verdict(entry.word, until)
    if channel in CONTACT_CHANNELS and entry.shown is not None:
        rest = rules.rest(entry.ignored) if entry.ignored else rules.clicked
        until = entry.shown + math.ceil(rest)
        if today < until:
            return Verdict("cooling_down", until)
    return PASSES


def may_contact(ledger: Ledger, rules: Rules, today: int, channel: str) -> tuple[SendReason, int] | None:
    """Why a customer must not be interrupted on `channel` today, and the first day on which they may; None: they may.

    Two gates, the later day counts: the cap, `contacts` in any `days` days; and the pause since the last contact, which
    grows with every contact in a row that came to nothing. One that was opened counts half, for programs open
    mails too; a reaction ends it.
    """
    if channel not in PUSHED:
        return None
    before = [contact for contact in ledger.contacts if contact.channel == channel and contact.day <= today]
    if not before:
        return None
    found: list[tuple[int, SendReason]] = []
    cap = rules.caps.get(channel)
    if cap is not None:
        within = [contact.day for contact in before if contact.day > today - cap.days]
        if len(within) >= cap.contacts:
            oldest = within[len(within) - cap.contacts] if cap.contacts else today
            found.append((oldest + cap.days, "frequency_cap"))
    since = [c for c in before if ledger.reacted is None or c.day > ledger.reacted]
    in_vain = sum(0.5 if contact.opened else 1.0 for contact in since)
    rested = before[-1].day + round(rules.silence(in_vain))
    if today < rested:
        found.append((rested, "pause"))
    if not found:
        return None
    day, reason = max(found)
    return reason, day


def decide(
    candidates: Sequence[Candidate],
    verdicts: Sequence[Verdict],
    refused: tuple[SendReason, int] | None,
    n: int,
    reserves: int,
    channel: str,
) -> Decision:
    """Whether to contact a customer, and with what.

    Args:
        candidates: best first.
        verdicts: one per candidate.
        refused: what `may_contact` says.
        n: places.
        reserves: how many more to name, for those that sell out or are bought meanwhile.
        channel: where.

    Returns:
        the decision. On a pushed channel a contact needs something personal wherever anything personal was to be had:
        bestsellers alone are no reason to interrupt somebody whose taste is known.
    """
    if refused is not None:
        reason, day = refused
        return Decision(False, reason, day, ())
    passing = [place for place, said in enumerate(verdicts) if said.code == "passes"]
    chosen = tuple(passing[: n + reserves])
    days = [said.until for said in verdicts if said.until is not None]
    again = min(days) if days else None
    if not chosen:
        return Decision(False, "cooled_down" if candidates else "nothing_to_show", again, ())
    known = any(candidate.personal for candidate in candidates)
    if channel in PUSHED and known and not any(candidates[place].personal for place in chosen[:n]):
        personal = [v.until for c, v in zip(candidates, verdicts, strict=True) if c.personal and v.until is not None]
        return Decision(False, "nothing_worth_sending", min(personal) if personal else again, ())
    return Decision(True, None, None, chosen)
