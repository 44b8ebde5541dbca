"""The block of HTML for mails, in a browser: nothing is cut off, everything can be read, light and dark."""

from __future__ import annotations

from typing import Any

import pytest

from recsvc.contact.wording import LOCALES
from recsvc.mail_block import Shown, block

ITEMS = [
    Shown("Osterby Marlow compact espresso machine, 9 bar, matt black", "https://shop.example/1", "", "€318.50", "New"),
    Shown("Sommertagskaffeebohnenröstung aus Guatemala", "", "https://shop.example/2.jpg", "7,99 €", "Schon 7 Mal"),
]
READ = """() => [...document.querySelectorAll('.picks h2, .picks a, .picks p')].map(text => {
  let behind = text;
  while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
  return [getComputedStyle(text).color, getComputedStyle(behind).backgroundColor];
})"""


def brightness(colour: str) -> float:
    """Relative luminance of `rgb(r, g, b)` (WCAG 2.2)."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Between 1 and 21 (WCAG 2.2)."""
    dark, light = sorted((brightness(one), brightness(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_by_hand() -> None:
    """Black on white is 21, a colour on itself 1."""
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21)
    assert contrast("rgb(9, 9, 9)", "rgb(9, 9, 9)") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 600])
def test_the_block_fits_and_can_be_read(browser: Any, width: int, scheme: str) -> None:  # noqa: ANN401  # Playwright
    """A telephone and a mail's usual width, day and night: no sideways scrolling, a contrast of 4.5 (WCAG AA)."""
    page = browser.new_page(viewport={"width": width, "height": 600}, color_scheme=scheme)
    for locale in LOCALES:
        page.set_content(f"<!doctype html><body style='margin:0'>{block(ITEMS, locale)}</body>")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        colours = page.evaluate(READ)
        assert len(colours) == 7
        assert min(contrast(text, behind) for text, behind in colours) >= 4.5
        assert (brightness(colours[0][1]) < 0.2) == (scheme == "dark")
    page.close()
