"""The `recsvc` command, one module per subcommand; only those that train import `training`."""
