"""The counter: the service that answers `/recommend` and picks, and the `recsvc` command."""

__version__ = "0.1.0"
