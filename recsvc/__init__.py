"""The counter: the service that answers `/recommend` and picks, and the `recsvc` command."""
