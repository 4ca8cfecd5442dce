"""The servers one machine needs, brought along: a database, a Redis-compatible server, and who looks after them all.

Nothing of the portal itself is decided here; a real installation may replace every part by its own
(`DATABASE_URL`, `REDIS_URL`, another process manager).
"""
