"""A price as a reader of a locale writes it. Pure. Source: Unicode CLDR 45, number formats and currency symbols."""

from __future__ import annotations

from recsvc.contact.wording import Locale

_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
_BETWEEN = "\N{NO-BREAK SPACE}"
_MARKS: dict[Locale, tuple[str, str]] = {
    "en": (",", "."),
    "de": (".", ","),
    "fr": ("\N{NARROW NO-BREAK SPACE}", ","),
    "nl": (".", ","),
    "es": (".", ","),
    "it": (".", ","),
}
"""Between thousands, before decimals."""


def price_text(locale: Locale, amount: str, currency: str | None) -> str:
    """`€1,299.00` in English, `1.299,00 €` in German, `€ 1.299,00` in Dutch; without a symbol here, the code.

    Args:
        locale: of the reader.
        amount: decimal text, such as `1299.00`.
        currency: ISO 4217, None where nobody told: the number alone.
    """
    thousands, decimals = _MARKS[locale]
    whole, _, part = amount.partition(".")
    number = f"{int(whole):,}".replace(",", thousands) + (decimals + part if part else "")
    if not currency:
        return number
    symbol = _SYMBOLS.get(currency)
    if locale == "en" and symbol:
        return f"{symbol}{number}"
    if locale in ("en", "nl"):
        return f"{symbol or currency}{_BETWEEN}{number}"
    return f"{number}{_BETWEEN}{symbol or currency}"
