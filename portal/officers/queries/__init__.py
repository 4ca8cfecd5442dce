"""What the officers' consoles read, in rooms: `officers`, `proposals`, `people`, `journal`, `totals`. No business content."""

from portal.officers.queries.journal import Asked, JournalPage, Line, every_entry, journal_page
from portal.officers.queries.officers import Officer, founding_unit, heads_of, officer_posts, officers_now, outsiders, post_by_id
from portal.officers.queries.people import Account, account, accounts
from portal.officers.queries.proposals import act_by_id, acts_done, acts_waiting, count_waiting, reset_by
from portal.officers.queries.totals import MOST_COUNTED, Health, health, last_sweep, year_without_calendar

__all__ = [
    "MOST_COUNTED",
    "Account",
    "Asked",
    "Health",
    "JournalPage",
    "Line",
    "Officer",
    "account",
    "accounts",
    "act_by_id",
    "acts_done",
    "acts_waiting",
    "count_waiting",
    "every_entry",
    "founding_unit",
    "heads_of",
    "health",
    "journal_page",
    "last_sweep",
    "officer_posts",
    "officers_now",
    "outsiders",
    "post_by_id",
    "reset_by",
    "year_without_calendar",
]
