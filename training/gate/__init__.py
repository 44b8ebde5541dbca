"""May a new version replace the live one? Limits, figures, and a verdict in sentences."""
