"""A generated shop with planted truth: NumPy draws it, `planted.json` says what was planted."""
