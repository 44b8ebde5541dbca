"""Who may ask: keys and their file, customer tokens, rates. Knows nothing of HTTP."""
