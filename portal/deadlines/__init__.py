"""Deadlines: the office's calendar, the rules that set a date, the date with its reasons, the ladder of reminders.

`calendar`, `rules`, `reckon`, `ladder` and `lamp` are pure: dates in, dates out, no database and no clock.
"""
