"""How much is in a pack, read from its title: `750 ml`, `2 x 100 g`, `64GB`, `6 PK/ 12 OZ`, `1 DZ`, `set of 6`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

UNITS = ("g", "ml", "pieces", "metres", "gigabytes")
"""Base units, by the number that `Pack.unit` holds."""

_FACTORS: dict[str, tuple[float, int]] = {
    **dict.fromkeys(("g", "gr", "gm"), (1.0, 0)),
    **dict.fromkeys(("kg", "kilo"), (1000.0, 0)),
    **dict.fromkeys(("oz", "ounce"), (28.349523, 0)),  # also fluid ounces that do not say so: alike on both sides
    **dict.fromkeys(("lb", "lbs"), (453.59237, 0)),
    "ml": (1.0, 1),
    "cl": (10.0, 1),
    **dict.fromkeys(("l", "lt", "ltr", "litre", "liter"), (1000.0, 1)),
    "floz": (29.573530, 1),
    "pt": (473.176473, 1),
    "qt": (946.352946, 1),
    **dict.fromkeys(("ga", "gal", "gl"), (3785.411784, 1)),
    **dict.fromkeys(("ct", "pc", "pcs", "pk", "pack", "rl", "roll", "rolls", "stück", "stk"), (1.0, 2)),
    **dict.fromkeys(("dz", "doz", "dozen"), (12.0, 2)),
    "mm": (0.001, 3),
    "cm": (0.01, 3),
    "m": (1.0, 3),
    "ft": (0.3048, 3),
    "gb": (1.0, 4),
    "tb": (1000.0, 4),
}
"""Unit → (base units in one of it, place in `UNITS`); NIST Handbook 44, appendix C, for the customary ones."""

_NUMBER = r"(\d+(?:[.,]\d+)?|[.,]\d+)"
_UNIT = "(fl\\.?\\s*oz|" + "|".join(sorted(map(re.escape, _FACTORS), key=len, reverse=True)) + r")\b"
_MANY = re.compile(rf"\b(\d+)\s*(?:x|×|(?:pk|pack)\s*/?|/)\s*{_NUMBER}\s*{_UNIT}")
_ONE = re.compile(rf"(?<![\d./,]){_NUMBER}\s*-?\s*{_UNIT}")
_FRACTION = re.compile(rf"\b(\d)/([2348])\s*{_UNIT}")
_SET = re.compile(r"\b(?:set|pack|box|pk)\s*(?:of|/)?\s*(\d+)\b|\b(\d+)\s+pieces?\b")


class Pack(NamedTuple):
    """What a pack holds: `amount` base units of `UNITS[unit]`."""

    amount: float
    unit: int


class Found(NamedTuple):
    """A pack, and the words that name it."""

    pack: Pack
    words: str


def pack(title: str) -> Pack | None:
    """The pack that a title names, None for none; of several sizes the last one, several packs multiplied."""
    found = find(title)
    return found.pack if found else None


@lru_cache(maxsize=16_384)  # titles are looked at again for every answer that shows them
def find(title: str) -> Found | None:
    """The same with its words, as the title has them."""
    text = title.casefold()
    if (match := _FRACTION.search(text)) and int(match[1]) < int(match[2]):
        held = _pack(int(match[1]) / int(match[2]), match[3])
    elif match := _MANY.search(text):
        held = _pack(int(match[1]) * _float(match[2]), match[3])
    elif sizes := list(_ONE.finditer(text)):
        match = sizes[-1]
        held = _pack(_float(match[1]), match[2])
    elif match := _SET.search(text):
        held = _pack(float(match[1] or match[2]), "pc")
    else:
        return None
    # Folding case may lengthen a text (ß becomes ss); its places then are not the title's.
    words = (title if len(text) == len(title) else text)[slice(*match.span())]
    return Found(held, " ".join(words.split())) if held else None


def _pack(amount: float, unit: str) -> Pack | None:
    factor, base = _FACTORS["floz" if unit.startswith("fl") else unit]
    return Pack(amount * factor, base) if amount > 0 else None


def _float(text: str) -> float:
    return float(text.replace(",", "."))
