"""What hosts share through Redis: versions, the pointer to the one that is served, and each host's twin of it.

Every word of Redis is spelled here: keys in `keys`, scripts in `pointer`. Redis is a cache of versions on disk and can
be rebuilt from them at any time.
"""
