"""The journal: who did what, for which unit, when, with what before and after. Append-only."""
