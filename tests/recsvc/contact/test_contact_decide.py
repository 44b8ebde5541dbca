"""Whether to contact somebody, and with what."""

from __future__ import annotations

import pytest

from recsvc.contact.decide import Candidate, Decision, Verdict, decide, may_contact, verdict
from recsvc.contact.decided import Decided, pack, unpack
from recsvc.contact.ledger import Contact, Entry, Ledger
from recsvc.contact.prices import price_text
from recsvc.contact.rules import Cap, Rules, parse_caps
from recsvc.contact.wording import LOCALES, Locale, line, sentence

TODAY = 20_000
RULES = Rules()
DURABLE = Candidate(1, personal=True)
PASSES = Verdict("passes")


def test_an_ignored_item_rests_longer_each_time() -> None:
    """14, 28, 56, 112, then never more than 180 days."""
    assert [RULES.rest(times) for times in (1, 2, 3, 4, 5, 500)] == [14, 28, 56, 112, 180, 180]
    for times, rest in ((1, 14), (2, 28), (3, 56)):
        entry = Entry(ignored=times, shown=TODAY - rest + 1)
        assert verdict(DURABLE, entry, RULES, TODAY, "email") == Verdict("cooling_down", TODAY + 1)
        assert verdict(DURABLE, entry, RULES, TODAY + 1, "email") == PASSES


@pytest.mark.parametrize(
    ("entry", "code", "until"),
    [
        (None, "passes", None),
        (Entry(shown=TODAY - 3, clicked=TODAY - 2), "cooling_down", TODAY + 4),
        (Entry(word="declined", said=TODAY - 100), "declined", TODAY + 80),
        (Entry(word="not_now", said=TODAY - 29), "not_now", TODAY + 1),
        (Entry(word="not_now", said=TODAY - 30), "passes", None),
        (Entry(word="has_it_elsewhere", said=TODAY - 1), "has_it_elsewhere", TODAY + 364),
        (Entry(word="returned", said=TODAY - 1), "returned", TODAY + 364),
        (Entry(bought=TODAY - 900), "bought", None),
        (Entry(bought=TODAY, word="declined", said=TODAY), "bought", None),
    ],
)
def test_one_gate_speaks_for_each_candidate(entry: Entry | None, code: str, until: int | None) -> None:
    """The strongest reason not to show a durable item, and the day on which it ends."""
    found = verdict(DURABLE, entry, RULES, TODAY, "email")
    assert (found.code, found.until) == (code, until)


def test_a_consumable_comes_back_when_it_is_due() -> None:
    """Bought since is never shown, unless it is eaten up and its time has come."""
    tea = Candidate(1, personal=True, due_again_after=22.4)
    assert verdict(tea, Entry(bought=TODAY - 22), RULES, TODAY, "email") == Verdict("bought", TODAY + 1)
    assert verdict(tea, Entry(bought=TODAY - 23), RULES, TODAY, "email") == PASSES


def test_a_page_shows_what_mails_may_not() -> None:
    """A cool-down is for contact channels; a refusal and a purchase hold everywhere."""
    assert verdict(DURABLE, Entry(ignored=3, shown=TODAY - 1), RULES, TODAY, "web") == PASSES
    assert verdict(DURABLE, Entry(word="declined", said=TODAY), RULES, TODAY, "web").code == "declined"


def contacts(*days: int, opened: bool = False, reacted: int | None = None) -> Ledger:
    """A ledger of mails alone."""
    return Ledger(contacts=[Contact(day, "email", str(day), opened) for day in days], reacted=reacted)


def test_a_cap_holds_in_any_week() -> None:
    """Two mails in seven days: the third waits until the first is a week old; other channels have their own."""
    ledger = contacts(TODAY - 6, TODAY - 3, reacted=TODAY - 3)
    assert may_contact(ledger, RULES, TODAY, "email") == ("frequency_cap", TODAY + 1)
    assert may_contact(ledger, RULES, TODAY + 1, "email") is None
    assert may_contact(ledger, RULES, TODAY, "phone") is None
    assert may_contact(contacts(*[TODAY] * 50), RULES, TODAY, "store") is None
    assert may_contact(Ledger(), Rules(caps={"email": Cap(0, 7)}), TODAY, "email") is None
    assert may_contact(contacts(TODAY - 5), Rules(caps={"email": Cap(0, 7)}), TODAY, "email") == (
        "frequency_cap",
        TODAY + 7,
    )


def test_the_pause_grows_while_nobody_reacts() -> None:
    """3 days, from the second contact in vain on 4.5, 6.75, … up to 28; an open counts half, a click ends it."""
    assert [RULES.silence(times) for times in (0, 1, 2, 3, 4)] == [3, 3, 4.5, 6.75, 10.125]
    assert RULES.silence(10_000) == 28
    days = [TODAY - 100 + 10 * at for at in range(10)]
    assert may_contact(contacts(*days), RULES, TODAY, "email") == ("pause", TODAY - 10 + 28)
    assert may_contact(contacts(*days, opened=True), RULES, TODAY, "email") == ("pause", TODAY - 10 + 15)
    assert may_contact(contacts(*days, reacted=TODAY - 9), RULES, TODAY, "email") is None


def test_the_later_of_two_reasons_counts() -> None:
    """A cap that ends tomorrow does not hide a pause that ends in a week."""
    ledger = contacts(*range(TODAY - 20, TODAY, 3))
    assert may_contact(ledger, RULES, TODAY, "email") == ("pause", TODAY - 2 + round(RULES.silence(7)))


def test_reserves_stand_behind_what_is_shown() -> None:
    """What passes in its order; the places asked for, then the reserves."""
    verdicts = [PASSES, Verdict("bought"), PASSES, PASSES, PASSES]
    found = decide([DURABLE] * 5, verdicts, None, 2, 1, "email")
    assert found == Decision(True, None, None, (0, 2, 3))


def test_nothing_is_sent_without_a_reason_to_send() -> None:
    """Refused, nothing there, all cooling, only bestsellers left: each says so, and when to ask again."""
    popular = Candidate(2, personal=False)
    cooling, later = Verdict("cooling_down", TODAY + 5), Verdict("declined", TODAY + 9)
    assert decide([DURABLE], [PASSES], ("pause", 7), 4, 4, "email") == Decision(False, "pause", 7, ())
    assert decide([], [], None, 4, 4, "email") == Decision(False, "nothing_to_show", None, ())
    assert decide([DURABLE] * 2, [later, cooling], None, 4, 4, "email") == Decision(False, "cooled_down", TODAY + 5, ())
    held = decide([DURABLE, popular], [later, PASSES], None, 1, 0, "email")
    assert held == Decision(False, "nothing_worth_sending", TODAY + 9, ())
    assert decide([DURABLE, popular], [later, PASSES], None, 1, 0, "chat").send
    assert decide([popular], [PASSES], None, 1, 0, "email").send


def test_caps_are_read_or_refused() -> None:
    """Contacts per days, a channel each; anything else says what it should be."""
    assert parse_caps("email=1/14, phone=0/365") == {"email": Cap(1, 14), "phone": Cap(0, 365)}
    for bad in ("", "email", "email=2", "email=2/0", "email=-1/7", "store=1/7", "email=٢/7"):
        with pytest.raises(ValueError, match="contacts per days"):
            parse_caps(bad)


def test_a_decision_is_remembered_whole() -> None:
    """Packed and unpacked; what a later version wrote is as if nothing had been decided."""
    decided = Decided(False, "pause", TODAY, 4, ("tea", "茶"))
    assert unpack(pack(decided)) == decided
    assert unpack(None) is None
    assert unpack(b"\xff") is None


def test_one_sentence_in_every_locale() -> None:
    """With what is known; without it, one that needs nothing."""
    assert sentence("en", "due_again", "Tea", None, 4) == "You have bought Tea 4 times; shall I add it again?"
    assert sentence("de", "bought_together", "Tasse", "Tee", None) == "Sie haben Tee; viele nehmen dazu Tasse."
    assert "Tea" in sentence("fr", "bought_together", "Tea", None, None)
    assert sentence("en", "bestseller", "Tea", None, None) == "Tea is what many choose in this shop just now."
    assert sentence("en", "bought_before", "Tea", None, 1) == "You have bought Tea before; would you like it again?"


@pytest.mark.parametrize("locale", LOCALES)
def test_every_reason_has_words_of_its_own_in_every_locale(locale: Locale) -> None:
    """Six ways to say why, and one for all others; each names the item, none says more than is known."""
    codes = ("bought_together", "due_again", "bought_before", "customers_alike", "trending", "merchant")
    said = [sentence(locale, code, "T{e}a", "Pot", 3) for code in codes]
    assert len(set(said)) == len(codes)
    assert all("T{e}a" in text and text[-1] in ".?" for text in said)
    assert len({line(locale, code, "Pot", 3) for code in codes}) == len(codes)
    assert sentence(locale, "bought_before", "Tea", None, 1) != sentence(locale, "bought_before", "Tea", None, 2)
    unknown = {sentence(locale, code, "Tea", None, None) for code in codes[:3]}
    assert unknown == {sentence(locale, "bestseller", "Tea", None, None)}


def test_prices_as_a_reader_writes_them() -> None:
    """By hand, from CLDR: where the symbol stands, what parts thousands, and a code that has no symbol here."""
    space, narrow = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
    assert price_text("en", "1299.00", "EUR") == "€1,299.00"
    assert price_text("de", "1299.00", "EUR") == f"1.299,00{space}€"
    assert price_text("fr", "1234567.5", "USD") == f"1{narrow}234{narrow}567,5{space}$"
    assert price_text("nl", "4.50", "EUR") == f"€{space}4,50"
    assert price_text("en", "4", "PLN") == f"PLN{space}4"
    assert price_text("it", "0.99", None) == "0,99"
