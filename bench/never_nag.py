"""Eight weeks of mail in the demo shop: a service that remembers, beside one that always sends the top four.

    python bench/never_nag.py [--size demo] [--customers 400] [--json] [--svg docs/explanation/never-nag.svg]

A shopper's interest in a family of goods is drawn once, from the taste that the generator planted: the share of their
missions that goes to its department, and four in ten more for what was planted as going with something they own. Of two
mails a week they open six in ten; in an opened mail they click an item that interests them half of the times, and then
that interest is spent: they have looked. One click in three becomes a purchase. Both services meet the same shopper
with the same dice, and both hear of purchases at once.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.registry import Registry
from recsvc.contact.rules import Rules
from recsvc.live import DAY, live_snapshot
from recsvc.outreach import Question, reach_out, second_of
from recsvc.picks import PicksSettings, pick
from recsvc.state.records import CustomerState, Event, Line
from recsvc.state.sqlite import SqliteState
from recsvc.store.artefact import ArtefactStore
from recsvc.store.contract import Snapshot
from training.demo_shop.goods import item_id
from training.demo_shop.kinds import KINDS
from training.demo_shop.planted import customer_id
from training.demo_shop.settings import SIZES
from training.demo_shop.shop import Shop, first_customers, open_shop

PLACES = 4
MAIL_DAYS = [7 * week + weekday for week in range(8) for weekday in (0, 3)]
SEED = 1
PICKS = PicksSettings(20, 30.0, 28.0, 2)


@dataclass
class Tally:
    """What became of one service's mails."""

    mails: list[int] = field(default_factory=lambda: [0] * 8)
    clicks: list[int] = field(default_factory=lambda: [0] * 8)
    repeated: int = 0
    silent: Counter[str] = field(default_factory=Counter)


class Shoppers:
    """What was planted in them."""

    def __init__(self, shop: Shop) -> None:
        crowd, _ = first_customers(shop)
        self.shop = shop
        self.rows = {
            customer_id(int(number)): row
            for row, number in enumerate(crowd.number.tolist())
            if not crowd.business[row] and crowd.number[row] >= 0
        }
        self.taste = crowd.taste
        self.family = {item_id(i): int(f) for i, f in enumerate(shop.items.family.tolist())}
        self.department = [KINDS[k].department for k in shop.families.kind.tolist()]

    def wants(self, who: str, family: int, owned: set[int]) -> bool:
        """Whether a family interests a shopper: drawn once."""
        partners = {int(p) for f in owned for p in self.shop.families.partner[f].tolist() if p >= 0}
        chance = min(float(self.taste[self.rows[who], self.department[family]]), 0.6) + 0.4 * (family in partners)
        return dice(who, family, "interest") < chance


def dice(*what: object) -> float:
    """A number in [0, 1) that depends on nothing but what it is for."""
    return int.from_bytes(hashlib.blake2b(repr((SEED, *what)).encode(), digest_size=7).digest()) / 2**56


def main() -> None:
    """Generate, train, mail, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=["toy", "demo"], default="demo")
    parser.add_argument("--customers", type=int, default=400)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--svg", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        snapshot = trained(args.size, Path(folder))
        shoppers = Shoppers(open_shop(SIZES[args.size], SEED))
        known = [who for who in sorted(shoppers.rows) if snapshot.customer(who) is not None]
        chosen = sorted(known, key=lambda who: dice(who, "sample"))[: args.customers]
        state = SqliteState(Path(folder) / "state.db")
        ours, always = Tally(), Tally()
        for who in chosen:
            mail_with_memory(snapshot, state, shoppers, who, ours)
            mail_always(snapshot, shoppers, who, always)
        state.close()
    figures = {
        "size": args.size,
        "customers": len(chosen),
        "mails": {"memory": sum(ours.mails), "always": sum(always.mails)},
        "clicks": {"memory": sum(ours.clicks), "always": sum(always.clicks)},
        "mails_by_week": {"memory": ours.mails, "always": always.mails},
        "clicks_by_week": {"memory": ours.clicks, "always": always.clicks},
        "repeated_inside_cool_down": {"memory": ours.repeated, "always": always.repeated},
        "silent": dict(sorted(ours.silent.items())),
    }
    print(json.dumps(figures, indent=None if args.json else 1))
    if args.svg:
        args.svg.write_text(drawing(ours, always), "utf-8")


def trained(size: str, folder: Path) -> Snapshot:
    """A version of a demo shop."""
    run = [sys.executable, "-c", "import sys; from recsvc.cli.main import main; sys.exit(main())"]
    shop, models = folder / "shop", folder / "models"
    subprocess.run([*run, "demo-shop", "--size", size, "--seed", str(SEED), "--out", shop], check=True, stdout=2)
    orders, catalogue = shop / "orders.csv", shop / "catalogue.csv"
    train = ["train", "--orders", orders, "--catalogue", catalogue, "--models", models, "--threads", "1", "--no-gate"]
    subprocess.run([*run, *train], check=True, stdout=2, stderr=subprocess.DEVNULL)
    snapshot = ArtefactStore(Registry(models), 0, in_background=False).snapshot()
    if snapshot is None:
        raise SystemExit("no version was trained")
    return snapshot


def mail_with_memory(snapshot: Snapshot, state: SqliteState, shoppers: Shoppers, who: str, tally: Tally) -> None:
    """Sixteen chances to write to one shopper, each decided by the ledger."""
    start, rules, reader = first_day(snapshot), Rules(), Reader(snapshot, shoppers, who)
    rests: dict[int, tuple[int, int]] = {}
    for day in MAIL_DAYS:
        now = (start + day) * DAY + 36_000
        found = reach_out(snapshot, state, Question(who, PLACES, "email", f"c{day}", now), PICKS, rules)
        if not found.picks.picks:
            tally.silent[str(found.reason)] += 1
            continue
        shown = snapshot.item_ids([p.item for p in found.picks.picks])
        happened = [event("email_sent", who, day, now, shown)]
        opened, clicked, bought = reader.read(day, shown)
        happened += [event("email_open", who, day, now + 60, [])] if opened else []
        happened += [event("click", who, day, now + 90, clicked)] if clicked else []
        happened += [event("purchase", who, day, now + 300, bought)] if bought else []
        state.append(happened, now)
        count(tally, day, shown, clicked, rests, reader, rules)


def mail_always(snapshot: Snapshot, shoppers: Shoppers, who: str, tally: Tally) -> None:
    """Sixteen mails with the top four; only what was bought meanwhile is left out."""
    start, rules, reader = first_day(snapshot), Rules(), Reader(snapshot, shoppers, who)
    events: tuple[Event, ...] = ()
    rests: dict[int, tuple[int, int]] = {}
    for day in MAIL_DAYS:
        now = (start + day) * DAY + 36_000
        live = live_snapshot(snapshot, who, CustomerState(events=events), second_of(snapshot.shop.data_until))
        shown = snapshot.item_ids([p.item for p in pick(live, who, PLACES, PICKS).picks])
        _, clicked, bought = reader.read(day, shown)
        events += (event("purchase", who, day, now + 300, bought),) if bought else ()
        count(tally, day, shown, clicked, rests, reader, rules)


class Reader:
    """One shopper in front of their mails."""

    def __init__(self, snapshot: Snapshot, shoppers: Shoppers, who: str) -> None:
        history = snapshot.customer(who)
        bought = history.item.tolist() if history is not None else []
        self.family = shoppers.family
        self.owned = {self.family[i] for i in snapshot.item_ids(bought)}
        self.who, self.shoppers = who, shoppers
        self.spent: set[int] = set()

    def read(self, day: int, shown: list[str]) -> tuple[bool, list[str], list[str]]:
        """Whether a mail is opened, what is clicked in it, what is bought of that."""
        if dice(self.who, day, "open") >= 0.6:
            return False, [], []
        clicked = []
        for item in shown:
            family = self.family[item]
            wanted = family not in self.spent and self.shoppers.wants(self.who, family, self.owned)
            if wanted and dice(self.who, family, day, "click") < 0.5:
                clicked.append(item)
                self.spent.add(family)
        return True, clicked, [item for item in clicked if dice(self.who, item, "buy") < 1 / 3]


def count(
    tally: Tally,
    day: int,
    shown: list[str],
    clicked: list[str],
    rests: dict[int, tuple[int, int]],
    reader: Reader,
    rules: Rules,
) -> None:
    """Count a mail; look whether an item came back before its rest was over."""
    tally.mails[day // 7] += 1
    tally.clicks[day // 7] += len(clicked)
    for item in shown:
        family = reader.family[item]
        until, ignored = rests.get(family, (0, 0))
        tally.repeated += ignored > 0 and day < until
        ignored = 0 if item in clicked else ignored + 1
        rests[family] = (day + int(np.ceil(rules.rest(ignored))) if ignored else 0, ignored)


def event(kind: str, who: str, day: int, at: int, items: list[str]) -> Event:
    """An event of a mail."""
    lines = tuple(Line(item) for item in items)
    return Event(f"{kind}-{who}-{day}", kind, at, who, lines, "email", None, f"c{day}")  # type: ignore[arg-type]


def first_day(snapshot: Snapshot) -> int:
    """The Monday after the data end, days since 1970 (which began on a Thursday)."""
    until = second_of(snapshot.shop.data_until)
    day = (until or 0) // DAY + 1
    return day + (4 - day) % 7


def drawing(ours: Tally, always: Tally) -> str:
    """Mails and clicks per week, as a picture."""
    parts = []
    for panel, (title, with_memory, top_four) in enumerate(
        (("Mails a week", ours.mails, always.mails), ("Clicks a week", ours.clicks, always.clicks))
    ):
        left, highest = 40 + 340 * panel, max(*with_memory, *top_four, 1)
        parts.append(f'<text x="{left}" y="24" class="title">{title}</text>')
        for week, (a, b) in enumerate(zip(with_memory, top_four, strict=True)):
            for at, (value, kind) in enumerate(((a, "memory"), (b, "always"))):
                height = round(150 * value / highest, 1)
                x, y = left + 38 * week + 16 * at, 200 - height
                parts.append(
                    f'<rect class="{kind}" x="{x}" y="{y:.1f}" width="14" height="{height}">'
                    f"<title>week {week + 1}: {value}</title></rect>"
                )
            parts.append(f'<text x="{left + 38 * week + 9}" y="216" class="week">{week + 1}</text>')
    parts.append(
        '<rect class="memory" x="40" y="232" width="12" height="12"/><text x="58" y="242">with a memory</text>'
    )
    parts.append(
        '<rect class="always" x="190" y="232" width="12" height="12"/><text x="208" y="242">always the top four</text>'
    )
    style = (
        "text{font:13px sans-serif;fill:#333}.title{font-size:15px}.week{font-size:11px}"
        ".memory{fill:#1668b8}.always{fill:#c98a1b}"
        "@media(prefers-color-scheme:dark){text{fill:#ddd}.memory{fill:#6db3f2}.always{fill:#e8b75a}}"
    )
    body = "\n".join(parts)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 256" role="img" '
        f'aria-label="Mails and clicks per week, with a memory and without"><style>{style}</style>\n{body}\n</svg>\n'
    )


if __name__ == "__main__":
    main()
