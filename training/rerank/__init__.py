"""Cross-sell lists ranked anew by what a shop's own past teaches, where that past says that it pays."""
