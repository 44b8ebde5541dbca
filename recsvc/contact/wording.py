"""One sentence for a person to say, per locale. Pure."""

from __future__ import annotations

from typing import Literal

Locale = Literal["en", "de", "fr"]

_SAY: dict[Locale, dict[str, str]] = {
    "en": {
        "bought_together": "You have {because}; many who do also take {title}.",
        "due_again": "You have bought {title} {times} times; shall I add it again?",
        "": "{title} is what many choose in this shop just now.",
    },
    "de": {
        "bought_together": "Sie haben {because}; viele nehmen dazu {title}.",
        "due_again": "{title} haben Sie schon {times} Mal gekauft; soll ich es wieder dazulegen?",
        "": "{title} nehmen hier gerade viele.",
    },
    "fr": {
        "bought_together": "Vous avez {because} ; beaucoup prennent aussi {title}.",
        "due_again": "Vous avez acheté {title} {times} fois ; voulez-vous que je l’ajoute ?",
        "": "{title} est ce que beaucoup choisissent ici en ce moment.",
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
    sentences = _SAY[locale]
    known = {"bought_together": because, "due_again": times}.get(code)
    chosen = sentences[code] if known is not None else sentences[""]
    return chosen.format(title=title, because=because, times=times)
