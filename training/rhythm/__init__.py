"""When customers buy again: their own intervals, shrunk to the item's, and how likely each is to come true."""
