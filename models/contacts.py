"""What an e-mail address and a telephone number look like: neither may name a customer anywhere in the project."""

from __future__ import annotations

import re
from typing import Literal

Contact = Literal["an e-mail address", "a telephone number"]

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[0-9 ()/.-]{7,}|00[1-9][0-9 ()/.-]{9,}")
"""In international form. A number of a customer filled up with zeros to ten places, as SAP's are, is none."""
_MAIL_INSIDE = re.compile(r"[^@\s]@[^@\s]+\.[A-Za-z]{2,}")


def contact_of(text: str) -> Contact | None:
    """Which of the two a text is as a whole, None for neither; blanks around it do not hide it."""
    told = text.strip()
    if "@" in told and _MAIL.fullmatch(told):
        return "an e-mail address"
    return "a telephone number" if _PHONE.fullmatch(told) else None


def holds_address(text: str) -> bool:
    """Whether an e-mail address stands somewhere in a text, such as `mailing-7/ann@shop.example`."""
    return "@" in text and _MAIL_INSIDE.search(text) is not None
