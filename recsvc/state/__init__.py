"""What changes all day: events, live items, consent, erasures. Acknowledged means on disk."""
