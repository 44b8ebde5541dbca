"""How often, and how long not: the rules of contact as a record. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

CONTACT_CHANNELS = frozenset({"email", "app", "phone", "chat", "store"})
"""Where the shop speaks first, or a person speaks: a showing here counts for all of them, one on a page does not."""

PUSHED = frozenset({"email", "app", "phone"})
"""Where a customer is interrupted: caps and pauses hold here."""

STAFF = frozenset({"phone", "chat", "store"})
"""Where a person says it."""


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `contacts` in any `days` days."""

    contacts: int
    days: int


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of contact; all times in days.

    Attributes:
        caps: channel → cap.
        cool_down: an item shown once and ignored rests so long …
        cool_down_growth: … and each further time so many times longer …
        cool_down_longest: … up to this.
        clicked: an item that was clicked and not bought rests so long.
        declined: quiet after "no".
        not_now: quiet after "not now".
        elsewhere: quiet after "I have one from elsewhere", and after a return.
        pause: between two contacts of a channel …
        pause_growth: … so many times longer for each contact beyond the first in a row that came to nothing …
        pause_longest: … up to this.
    """

    caps: Mapping[str, Cap] = field(default_factory=lambda: {"email": Cap(2, 7), "app": Cap(3, 7), "phone": Cap(1, 30)})
    cool_down: float = 14.0
    cool_down_growth: float = 2.0
    cool_down_longest: float = 180.0
    clicked: float = 7.0
    declined: float = 180.0
    not_now: float = 30.0
    elsewhere: float = 365.0
    pause: float = 3.0
    pause_growth: float = 1.5
    pause_longest: float = 28.0

    def rest(self, ignored: int) -> float:
        """Days that an item rests after `ignored` showings in a row: `min(first · growth^(ignored − 1), longest)`."""
        return min(self.cool_down * self.cool_down_growth ** min(max(ignored - 1, 0), 60), self.cool_down_longest)

    def silence(self, in_vain: float) -> float:
        """Days between contacts after `in_vain` that came to nothing; the first is free."""
        longer = self.pause * math.pow(self.pause_growth, min(max(in_vain - 1, 0), 60))
        return min(longer, max(self.pause_longest, self.pause))


def parse_caps(text: str) -> dict[str, Cap]:
    """`email=2/7,phone=1/30`: at most two mails in seven days, one call in thirty.

    Raises:
        ValueError: says what it should be.
    """
    caps = {}
    for part in text.split(","):
        channel, _, numbers = part.strip().partition("=")
        contacts, _, days = numbers.partition("/")
        digits = contacts.isascii() and contacts.isdigit() and days.isascii() and days.isdigit()
        if channel not in PUSHED or not digits or not 1 <= int(days) <= 365 or int(contacts) > 1_000:
            raise ValueError("must be like email=2/7,app=3/7,phone=1/30: contacts per days")
        caps[channel] = Cap(int(contacts), int(days))
    return caps
