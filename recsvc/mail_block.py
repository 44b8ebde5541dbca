"""Picks as a block of HTML that stands in a mail: inline styles, light and dark, no script. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from recsvc.contact.wording import Locale

_HEADLINES: dict[Locale, str] = {
    "en": "Chosen for you",
    "de": "Für Sie ausgesucht",
    "fr": "Choisi pour vous",
    "nl": "Voor u gekozen",
    "es": "Elegido para usted",
    "it": "Scelto per lei",
}
_FONT = "font-family:Arial,Helvetica,sans-serif"
_BREAK = "word-break:break-word;overflow-wrap:anywhere"
"""A long word must not make the block wider than a telephone."""
_DARK = """@media (prefers-color-scheme: dark) {
  .picks, .picks td { background: #16181c !important; }
  .picks h2, .picks .name, .picks .price { color: #f2f2f2 !important; }
  .picks a.name { color: #8ab4f8 !important; }
  .picks .why { color: #b5bac1 !important; }
}
[data-ogsc] .picks h2, [data-ogsc] .picks .price { color: #f2f2f2 !important; }
[data-ogsc] .picks a.name { color: #8ab4f8 !important; }
[data-ogsc] .picks .why { color: #b5bac1 !important; }"""
"""For programs that say how their reader reads, and for Outlook.com, which marks what it has turned dark."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One item as a mail shows it; empty text where nothing is known.

    Attributes:
        title, link, image, price, reason: of the item.
    """

    title: str
    link: str
    image: str
    price: str
    reason: str


def block(items: Sequence[Shown], locale: Locale) -> str:
    """A table of items, one below the other; an empty text for none.

    Tables and inline styles are what every mail program shows (caniemail.com); programs that read `<style>` turn dark
    where their reader is. Everything said by a shop is escaped, and only http and https are linked. Where no item has
    a picture there is no column for pictures.
    """
    if not items:
        return ""
    pictured = any(_is_web(item.image) for item in items)
    rows = "\n".join(_row(item, pictured=pictured) for item in items)
    return (
        f"<style>{_DARK}</style>\n"
        f'<table class="picks" role="presentation" lang="{locale}" width="100%" cellpadding="0" cellspacing="0" '
        f'style="max-width:600px;margin:0 auto;border-collapse:collapse;background:#ffffff">\n'
        f'<tr><td colspan="2" style="padding:16px"><h2 style="margin:0;{_FONT};font-size:20px;color:#222222">'
        f"{_HEADLINES[locale]}</h2></td></tr>\n{rows}\n</table>\n"
    )


def _row(item: Shown, *, pictured: bool) -> str:
    title = escape(item.title)
    text = f'<p class="name" style="margin:0;{_FONT};font-size:16px;color:#222222">{title}</p>'
    if _is_web(item.link):
        text = f'<a class="name" href="{escape(item.link)}" style="{_FONT};font-size:16px;color:#1a4f8b">{title}</a>'
    picture = ""
    if _is_web(item.image):
        picture = f'<img src="{escape(item.image)}" alt="" width="96" height="96" style="display:block;border:0">'
    told = (("price", "16px;font-weight:bold;color:#222222", item.price), ("why", "14px;color:#555555", item.reason))
    small = "".join(
        f'<p class="{name}" style="margin:4px 0 0;{_FONT};font-size:{style}">{escape(said)}</p>'
        for name, style, said in told
        if said
    )
    if not pictured:
        return f'<tr><td colspan="2" style="padding:8px 16px;vertical-align:top;{_BREAK}">{text}{small}</td></tr>'
    return (
        f'<tr><td width="96" style="padding:8px 16px;vertical-align:top">{picture}</td>'
        f'<td style="padding:8px 16px 8px 0;vertical-align:top;{_BREAK}">{text}{small}</td></tr>'
    )


def _is_web(address: str) -> bool:
    try:
        return urlsplit(address).scheme in ("http", "https")
    except ValueError:
        return False
