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
}
_FONT = "font-family:Arial,Helvetica,sans-serif"
_DARK = """@media (prefers-color-scheme: dark) {
  .picks, .picks td { background: #16181c !important; }
  .picks h2, .picks a, .picks p { color: #f2f2f2 !important; }
}"""


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
    where their reader is. Everything said by a shop is escaped, and only http and https are linked.
    """
    if not items:
        return ""
    rows = "\n".join(_row(item) for item in items)
    return (
        f"<style>{_DARK}</style>\n"
        f'<table class="picks" role="presentation" lang="{locale}" width="100%" cellpadding="0" cellspacing="0" '
        f'style="max-width:600px;margin:0 auto;border-collapse:collapse;background:#ffffff">\n'
        f'<tr><td colspan="2" style="padding:16px"><h2 style="margin:0;{_FONT};font-size:20px;color:#222222">'
        f"{_HEADLINES[locale]}</h2></td></tr>\n{rows}\n</table>\n"
    )


def _row(item: Shown) -> str:
    title = escape(item.title)
    text = f'<a href="{escape(item.link)}" style="{_FONT};font-size:16px;color:#1a4f8b">{title}</a>'
    if not _is_web(item.link):
        text = f'<p style="margin:0;{_FONT};font-size:16px;color:#222222">{title}</p>'
    picture = ""
    if _is_web(item.image):
        picture = f'<img src="{escape(item.image)}" alt="" width="96" height="96" style="display:block;border:0">'
    small = "".join(
        f'<p style="margin:4px 0 0;{_FONT};font-size:14px;color:#555555">{escape(part)}</p>'
        for part in (item.price, item.reason)
        if part
    )
    return (
        f'<tr><td width="96" style="padding:8px 16px;vertical-align:top">{picture}</td>'
        f'<td style="padding:8px 16px 8px 0;vertical-align:top">{text}{small}</td></tr>'
    )


def _is_web(address: str) -> bool:
    try:
        return urlsplit(address).scheme in ("http", "https")
    except ValueError:
        return False
