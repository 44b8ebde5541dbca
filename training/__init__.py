"""The workshop: orders and catalogue in, a model version out. Never hears of Flask or Redis."""
