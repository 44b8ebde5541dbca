"""Events as callers send them, turned into events as they are kept. Pure: the time is an argument."""
