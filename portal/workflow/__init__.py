"""Moves and sign-off chains as tables, and the one engine that changes a state."""
