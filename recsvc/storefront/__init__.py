"""The demonstration shop of `recsvc serve --storefront DIR`, under `/shop/`; no part of a real installation."""
