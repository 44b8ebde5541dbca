"""What a customer buys next: candidates, features, a ranker learnt on past snapshots, a list per customer."""
