"""The course of each life, from its row alone: what will happen to the instruction, when, and where it stops for good.

The stories act it out; the plan of numbers and the two acts of the play are made from it before anything is played.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from portal.commands.demonstration.cast import Row, at
from portal.deadlines import reckon
from portal.deadlines.reckon import extension_limit
from portal.deadlines.rules import DEFAULT_RULES

REGISTERED, NAMED, AT_WORK, ASKED = (121,), (119, 120), (88, 94, 103), (105, 113)  # as far as these come
IN_SIGN_OFF = (106, 109, 112)  # their chains wait for the second signature
WITHDRAWN = 50
SETTLES = timedelta(days=10)  # signatures, review and forwarded matters take so long after the last report at the most


@dataclass(frozen=True)
class Course:
    """One instruction's. `due_on` is what the rules give."""

    row: Row

    @cached_property
    def due_on(self) -> date:
        """By when it is to be reported."""
        return reckon.closing(self.row.received_on, self.row.level, self.row.urgency, DEFAULT_RULES).due_on

    @property
    def registered_at(self) -> datetime:
        """When it is registered."""
        return at(self.row.received_on, 9, 10 + self.row.number % 40)

    @property
    def assigned_on(self) -> date:
        """The day it is assigned, for the first time."""
        return self.row.received_on + timedelta(days=self.row.number % 3 == 0)

    @property
    def declined(self) -> bool:
        """The lead unit gives it back once, and has it again two days later."""
        row = self.row
        return row.number % 30 == 7 and not row.confidential and row.registering_code == "3303" and "-" in row.lead_code

    @property
    def taken_on(self) -> date:
        """The day its lead unit has it for good."""
        return self.assigned_on + timedelta(days=2 if self.declined else 0)

    @property
    def forwarded_at(self) -> datetime | None:
        """When the lead unit, a county committee, passes it to a department and a township below."""
        n, code = self.row.number, self.row.lead_code
        county = "-" not in code and len(code) == 6
        if not county or n % 3 == 1 or self.row.confidential or n in (WITHDRAWN, *REGISTERED, *NAMED):
            return None
        return at(self.taken_on + timedelta(days=1), 15)

    @property
    def span(self) -> int:
        """How many days there are for the work, at least six."""
        return max((self.due_on - self.taken_on).days, 6)

    @property
    def extension(self) -> bool | None:
        """More time is asked for: granted or not; None where nobody asks, or nobody decides."""
        return self.row.number % 18 == 5 if self.row.number % 9 == 5 else None

    @property
    def last_due_on(self) -> date:
        """By when it is to be reported in the end."""
        return extension_limit(self.due_on) if self.extension else self.due_on

    @property
    def reported_on(self) -> date:
        """The day its first report is issued, about."""
        n = self.row.number
        late = timedelta(days=-9 if n in IN_SIGN_OFF else 4 if n % 8 == 3 else -3 - n % 3)
        return max(self.last_due_on + late, self.taken_on + timedelta(days=self.span // 2 + 1))

    @property
    def returns(self) -> int:
        """How often the report is returned for rework: mostly never, twice at the most."""
        return (self.row.number % 6 == 1) + (self.row.number % 12 == 1)

    @property
    def below_reported_on(self) -> date:
        """The day the reports of those to whom it is forwarded are issued, about: six days less where there is room."""
        roomy = self.due_on > self.taken_on + timedelta(days=11)
        return self.due_on - timedelta(days=8 if roomy else 2)

    @property
    def reports(self) -> int:
        """How many reports are issued by the end."""
        return 0 if self.row.number == WITHDRAWN else self.returns + 1

    @property
    def ends_on(self) -> date | None:
        """The day by which it is closed or withdrawn at the latest; None for those that are never brought to an end."""
        n = self.row.number
        if n in (*REGISTERED, *NAMED, *AT_WORK, *ASKED, *IN_SIGN_OFF):
            return None
        if n == WITHDRAWN:
            return self.assigned_on + timedelta(days=2)
        return self.reported_on + self.returns * timedelta(days=6) + SETTLES
