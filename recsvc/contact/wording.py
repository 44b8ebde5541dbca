"""Why an item is offered, in the words of a locale: one sentence for a person to say, and one line for a mail. Pure.

A sentence never says more than its reason: who is not known to own anything is told what many choose, and only they.
"""

from __future__ import annotations

from typing import Literal, get_args

Locale = Literal["en", "de", "fr", "nl", "es", "it"]
LOCALES: tuple[Locale, ...] = get_args(Locale)

_ONCE = "bought_once"

_SAY: dict[Locale, dict[str, str]] = {
    "en": {
        "bought_together": "You have {because}; many who do also take {title}.",
        "due_again": "You have bought {title} {times} times; shall I add it again?",
        "bought_before": "You have bought {title} {times} times; would you like it again?",
        "bought_once": "You have bought {title} before; would you like it again?",
        "customers_alike": "Customers who buy what you buy like to take {title}.",
        "trending": "{title} is being bought a lot just now.",
        "": "{title} is what many choose in this shop just now.",
    },
    "de": {
        "bought_together": "Sie haben {because}; viele nehmen dazu {title}.",
        "due_again": "{title} haben Sie schon {times} Mal gekauft; soll ich es wieder dazulegen?",
        "bought_before": "{title} haben Sie schon {times} Mal gekauft; soll es wieder dabei sein?",
        "bought_once": "{title} haben Sie schon einmal gekauft; soll es wieder dabei sein?",
        "customers_alike": "Kunden, die Ähnliches kaufen wie Sie, nehmen gern {title}.",
        "trending": "{title} wird im Moment viel gekauft.",
        "": "{title} nehmen hier gerade viele.",
    },
    "fr": {
        "bought_together": "Vous avez {because} ; beaucoup prennent aussi {title}.",
        "due_again": "Vous avez acheté {title} {times} fois ; voulez-vous que je l’ajoute ?",
        "bought_before": "Vous avez déjà acheté {title} {times} fois ; en voulez-vous à nouveau ?",
        "bought_once": "Vous avez déjà acheté {title} ; en voulez-vous à nouveau ?",
        "customers_alike": "Les clients qui achètent comme vous prennent volontiers {title}.",
        "trending": "{title} se vend beaucoup en ce moment.",
        "": "{title} est ce que beaucoup choisissent ici en ce moment.",
    },
    "nl": {
        "bought_together": "U hebt {because}; velen nemen daar ook {title} bij.",
        "due_again": "U hebt {title} al {times} keer gekocht; zal ik het weer toevoegen?",
        "bought_before": "U hebt {title} al {times} keer gekocht; wilt u het weer?",
        "bought_once": "U hebt {title} al eens gekocht; wilt u het weer?",
        "customers_alike": "Klanten die kopen wat u koopt, nemen graag {title}.",
        "trending": "{title} wordt op dit moment veel gekocht.",
        "": "{title} is wat velen hier nu kiezen.",
    },
    "es": {
        "bought_together": "Usted tiene {because}; muchos se llevan también {title}.",
        "due_again": "Ha comprado {title} {times} veces; ¿se lo añado otra vez?",
        "bought_before": "Ya ha comprado {title} {times} veces; ¿lo quiere de nuevo?",
        "bought_once": "Ya ha comprado {title}; ¿lo quiere de nuevo?",
        "customers_alike": "Los clientes que compran lo mismo que usted suelen llevarse {title}.",
        "trending": "{title} se vende mucho en este momento.",
        "": "{title} es lo que muchos eligen aquí en este momento.",
    },
    "it": {
        "bought_together": "Lei ha {because}; molti prendono anche {title}.",
        "due_again": "Ha comprato {title} {times} volte; lo aggiungo di nuovo?",
        "bought_before": "Ha già comprato {title} {times} volte; lo vuole di nuovo?",
        "bought_once": "Ha già comprato {title}; lo vuole di nuovo?",
        "customers_alike": "I clienti che comprano come lei prendono volentieri {title}.",
        "trending": "{title} si vende molto in questo momento.",
        "": "{title} è ciò che molti scelgono qui in questo momento.",
    },
}
_WRITE: dict[Locale, dict[str, str]] = {
    "en": {
        "bought_together": "Often bought with {because}",
        "due_again": "You have bought this {times} times; it may be time again",
        "bought_before": "You have bought this {times} times",
        "bought_once": "You have bought this before",
        "customers_alike": "Customers who buy what you buy choose this",
        "trending": "Much bought at the moment",
        "": "Popular in this shop",
    },
    "de": {
        "bought_together": "Oft gekauft mit {because}",
        "due_again": "Schon {times} Mal gekauft; vielleicht ist es wieder Zeit",
        "bought_before": "Schon {times} Mal gekauft",
        "bought_once": "Schon einmal gekauft",
        "customers_alike": "Gewählt von Kunden, die Ähnliches kaufen wie Sie",
        "trending": "Im Moment viel gekauft",
        "": "Beliebt in diesem Shop",
    },
    "fr": {
        "bought_together": "Souvent acheté avec {because}",
        "due_again": "Déjà acheté {times} fois ; c’est peut-être à nouveau le moment",
        "bought_before": "Déjà acheté {times} fois",
        "bought_once": "Déjà acheté",
        "customers_alike": "Choisi par des clients qui achètent comme vous",
        "trending": "Très acheté en ce moment",
        "": "Apprécié dans cette boutique",
    },
    "nl": {
        "bought_together": "Vaak gekocht met {because}",
        "due_again": "Al {times} keer gekocht; misschien is het weer tijd",
        "bought_before": "Al {times} keer gekocht",
        "bought_once": "Al eens gekocht",
        "customers_alike": "Gekozen door klanten die kopen wat u koopt",
        "trending": "Op dit moment veel gekocht",
        "": "Populair in deze winkel",
    },
    "es": {
        "bought_together": "Se compra a menudo con {because}",
        "due_again": "Comprado {times} veces; quizá sea hora de nuevo",
        "bought_before": "Comprado {times} veces",
        "bought_once": "Ya comprado antes",
        "customers_alike": "Elegido por clientes que compran lo mismo que usted",
        "trending": "Muy comprado en este momento",
        "": "Popular en esta tienda",
    },
    "it": {
        "bought_together": "Spesso acquistato con {because}",
        "due_again": "Acquistato {times} volte; forse è di nuovo il momento",
        "bought_before": "Acquistato {times} volte",
        "bought_once": "Già acquistato",
        "customers_alike": "Scelto da clienti che comprano come lei",
        "trending": "Molto acquistato in questo momento",
        "": "Popolare in questo negozio",
    },
}


def sentence(locale: Locale, code: str, title: str, because: str | None, times: int | None) -> str:
    """What to say of one item.

    Args:
        locale: the customer's language.
        code: of the reason.
        title: of the item.
        because: title of what it goes with, None for nothing.
        times: how often the customer bought the item, None where that is not known.
    """
    return _SAY[locale][_kind(code, because, times)].format(title=title, because=because, times=times)


def line(locale: Locale, code: str, because: str | None, times: int | None) -> str:
    """What to write below an item's title in a mail; arguments as above."""
    return _WRITE[locale][_kind(code, because, times)].format(because=because, times=times)


def _kind(code: str, because: str | None, times: int | None) -> str:
    """Which of a locale's sentences says no more than is known."""
    if code in ("due_again", "bought_before"):
        return "" if times is None else _ONCE if times < 2 else code  # once is said otherwise
    if code == "bought_together":
        return "" if because is None else code
    return code if code in ("customers_alike", "trending") else ""
