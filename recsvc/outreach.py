"""Picks that do not nag: candidates from the version, gates from the ledger, and one answer per day.

Knows the contracts of version and state, not HTTP.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from recsvc.contact import decided as records
from recsvc.contact.decide import HARD, Candidate, Decision, SendReason, Verdict, decide, may_contact, verdict
from recsvc.contact.ledger import DAY, Ledger, fold
from recsvc.contact.rules import PUSHED, Rules, parse_caps
from recsvc.kept_picks import keep, restore
from recsvc.live import live_snapshot
from recsvc.picks import CustomerPicks, PicksSettings, Purchased, pick
from recsvc.ranking import BESTSELLERS, Pick
from recsvc.settings import ServiceSettings
from recsvc.state.contract import StateStore
from recsvc.state.records import CustomerState
from recsvc.store.contract import History, Snapshot

RESERVES = 4
"""Items named beside those shown, for those that sell out or are bought before the mail is opened."""

_MOST = 100
_EARLY = 0.8
"""A consumable may be shown again a little before its interval is over, as in picks."""


@dataclass(frozen=True, slots=True)
class Question:
    """Who is asked about, and for what.

    Attributes:
        customer_id: the customer.
        n: places.
        channel: where it will be shown.
        campaign: for which mailing or call list, "" for none.
        now: seconds since 1970.
        purchased: what of the customer's own purchases may be shown, as in `recsvc.picks.pick`.
    """

    customer_id: str
    n: int
    channel: str
    campaign: str
    now: int
    purchased: Purchased | None = None

    @property
    def today(self) -> int:
        """Days since 1970 (UTC)."""
        return self.now // DAY

    @property
    def decision(self) -> str:
        """The name of its decision."""
        return records.name_of(self.channel, self.campaign, self.today)


@dataclass(frozen=True, slots=True)
class Outreach:
    """What to answer.

    Attributes:
        picks: in order, none where nothing is to be sent.
        reason: why nothing is to be sent, None where something is.
        next_day: from when it is worth asking again (days since 1970), None where no day is known.
        snapshot: the version as this customer must see it.
    """

    picks: CustomerPicks
    reason: SendReason | None
    next_day: int | None
    snapshot: Snapshot


def rules_of(settings: ServiceSettings) -> Rules:
    """The rules of contact that an operator chose."""
    return Rules(
        caps=parse_caps(settings.contact_caps),
        cool_down=settings.cool_down_days,
        cool_down_growth=settings.cool_down_growth,
        cool_down_longest=settings.cool_down_longest_days,
        clicked=settings.cool_down_days / 2,
        declined=settings.declined_days,
        not_now=settings.not_now_days,
        elsewhere=settings.elsewhere_days,
        pause=settings.pause_days,
        pause_growth=settings.pause_growth,
        pause_longest=settings.pause_longest_days,
    )


def reach_out(
    snapshot: Snapshot,
    state: StateStore,
    question: Question,
    settings: PicksSettings,
    rules: Rules,
    *,
    note: bool = True,
) -> Outreach:
    """Decide for one customer, and `note` what was decided.

    Raises:
        StateUnavailableError: what was shown and bought is not known, so nothing may be said.
    """
    held = state.customer(question.customer_id, question.decision)
    live = live_snapshot(snapshot, question.customer_id, held, second_of(snapshot.shop.data_until))
    before = records.unpack(held.decision)
    if question.channel in PUSHED and held.standing.consent not in (None, "full"):
        return Outreach(_NOTHING, "no_consent", None, live)
    if before is not None and not before.send:
        return Outreach(_NOTHING, before.reason, before.next_day, live)
    if before is not None and (shown := _from_note(live, before, held, question, settings, rules)) is not None:
        return shown
    wide = pick(live, question.customer_id, min(3 * question.n + 24, _MOST), settings, question.purchased)
    wide = _with_earlier(live, wide, before.items if before else ())
    candidates, verdicts, ledger = weigh(live, wide.picks, held, question, settings, rules)
    if before is None:
        refused = may_contact(ledger, rules, question.today, question.channel)
        made = decide(candidates, verdicts, refused, question.n, RESERVES, question.channel)
        if note:
            noted = [wide.picks[place] for place in made.chosen]
            ids, kept = tuple(live.item_ids([p.item for p in noted])), keep(live, wide, noted)
            decided = records.Decided(made.send, made.reason, made.next_day, question.n, ids, live.version, kept)
            until = (question.today + records.KEPT_DAYS) * DAY
            state.decide(question.customer_id, question.decision, records.pack(decided), question.now, until)
    else:
        made = _again(live, wide.picks, verdicts, before.items)
    chosen = [wide.picks[place] for place in made.chosen[: question.n]]
    personal = wide.personal and any(p.fallback is None for p in chosen)
    return Outreach(dataclasses.replace(wide, picks=chosen, personal=personal), made.reason, made.next_day, live)


def _from_note(
    snapshot: Snapshot,
    before: records.Decided,
    held: CustomerState,
    question: Question,
    settings: PicksSettings,
    rules: Rules,
) -> Outreach | None:
    """What was named this morning, from its note alone, without what was bought, refused or sold out since.

    None where the note does not say it all: too few are left, another version is served, or the customer has said of
    a purchase that it must not speak for them. Then everything is computed again, and what was named comes first.
    """
    noted = None if held.unused else restore(snapshot, before)
    if noted is None:
        return None
    _, verdicts, _ = weigh(snapshot, noted.picks, held, question, settings, rules)
    stock = snapshot.facts.in_stock
    still = [p for p, v in zip(noted.picks, verdicts, strict=True) if stock.item(p.item) and v.code not in HARD]
    nothing_more = len(still) == len(before.items) < before.n + RESERVES and question.n <= before.n
    if len(still) < question.n and not nothing_more:
        return None
    chosen = still[: question.n]
    personal = any(p.fallback is None for p in chosen)
    return Outreach(dataclasses.replace(noted, picks=chosen, personal=personal), None, None, snapshot)


def weigh(
    snapshot: Snapshot,
    picks: Sequence[Pick],
    held: CustomerState,
    question: Question,
    settings: PicksSettings,
    rules: Rules,
) -> tuple[list[Candidate], list[Verdict], Ledger]:
    """Every candidate with what its gates say, and the ledger that they read."""
    facts = snapshot.facts
    ids = list(dict.fromkeys(line.item_id for event in held.events for line in event.items))
    places = dict(zip(ids, snapshot.find(ids), strict=True))
    families = {name: facts.family.item(place) if place >= 0 else name for name, place in places.items()}
    events = [event for event in held.events if held.standing.remembers(event.at)]
    ledger = fold(events, families.__getitem__, question.today, question.channel, question.campaign)
    history = snapshot.customer(question.customer_id)
    candidates = [
        Candidate(
            facts.family.item(p.item),
            p.fallback is None,
            _EARLY * _interval(history, p.item, settings) if facts.consumable.item(p.item) else None,
        )
        for p in picks
    ]
    verdicts = [verdict(c, ledger.entries.get(c.family), rules, question.today, question.channel) for c in candidates]
    return candidates, verdicts, ledger


def second_of(moment: str | None) -> int | None:
    """Seconds since 1970 of an ISO 8601 time, None for none."""
    return None if moment is None else int(datetime.fromisoformat(moment).timestamp())


def _with_earlier(snapshot: Snapshot, wide: CustomerPicks, earlier: Sequence[str]) -> CustomerPicks:
    """Candidates that hold what was named this morning, also where a version published since would not name it."""
    listed = {p.item for p in wide.picks}
    facts = snapshot.facts
    missing = [
        Pick(item, 0.0, BESTSELLERS, -1, 0)
        for item in (snapshot.find(list(earlier)) if earlier else [])
        if item >= 0 and item not in listed and facts.in_stock.item(item)
    ]
    return dataclasses.replace(wide, picks=[*wide.picks, *missing]) if missing else wide


def _again(snapshot: Snapshot, picks: Sequence[Pick], verdicts: Sequence[Verdict], earlier: Sequence[str]) -> Decision:
    """What was named this morning, without what was bought, refused or sold out since; then whatever else passes."""
    places = {p.item: place for place, p in enumerate(picks)}
    named = [places[item] for item in snapshot.find(list(earlier)) if item in places]
    still = [place for place in named if verdicts[place].code not in HARD]
    others = [p for p, v in enumerate(verdicts) if v.code == "passes" and p not in named]
    chosen = (*still, *others)
    return Decision(bool(chosen), None if chosen else "nothing_to_show", None, chosen)


def _interval(history: History | None, item: int, settings: PicksSettings) -> float:
    """Days after which this customer needs a consumable again: their own rhythm, else the assumed one."""
    if history is not None:
        for place in (history.item == item).nonzero()[0].tolist():
            if own := history.interval_days.item(place):
                return float(own)
    return settings.due_after_days


_NOTHING = CustomerPicks([], [], {}, personal=False)
