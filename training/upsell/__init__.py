"""Upselling: substitutes that are dearer, and which of them people take."""

from training.upsell.door import Ladder, Said, upsells

__all__ = ["Ladder", "Said", "upsells"]
