"""The rules that a city sets for its matters: how people are reminded, and how long a unit has to answer."""

from portal.matters.bylaws.ladder import LADDER
from portal.matters.bylaws.limits import LIMITS

BYLAWS = (LADDER, LIMITS)
