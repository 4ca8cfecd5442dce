"""Which numbers the demonstration's matters and reports bear, in whatever order they are played.

The open lives are played first, so that people can begin. All the same a matter bears the number that its place in the
register gives it, and a report that was issued months ago a lower one than those of the last weeks. The counters stand
past all of these from the beginning, so that what people register and issue meanwhile comes after.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.commands.demonstration.course import Course
from portal.commands.demonstration.register import Register
from portal.documents.numbering import keep_numbers
from portal.instructions.kind import KIND
from portal.instructions.report import document_mark
from portal.kernel import clock
from portal.matters.service.reporting import report_series

Series = tuple[int, str, int]  # unit, series, year


@dataclass(frozen=True, slots=True)
class Entry:
    """One matter that takes a number: when, in whose register, and for which row."""

    at: datetime
    row: int
    unit: str  # its code
    confidential: bool


class Numbers:
    """The numbers of the whole register, by row. `over` are the courses that are played later, though their reports were
    issued before those of all others; `shown` are registered on top. `kept` is what was kept for those reports when the
    city was founded; None: it is being founded."""

    def __init__(
        self, register: Register, over: Iterable[Course], shown: Iterable[Entry], until: datetime, kept: list[Any] | None
    ) -> None:
        self._register = register
        self._counted: Counter[Series] = Counter()
        self._of_matters: defaultdict[int, list[int]] = defaultdict(list)
        entries = [*(entry for course in register.courses for entry in self._entries(course)), *shown]
        for entry in sorted((entry for entry in entries if entry.at <= until), key=lambda entry: entry.at):
            series = (register.unit(entry.unit).id, KIND.series(entry.confidential), clock.local(entry.at).year)
            self._counted[series] += 1
            self._of_matters[entry.row].append(self._counted[series])
        if kept is None:
            self._of_reports: Counter[Series] = Counter(series for course in over for series in self._reports(course))
        else:
            self._of_reports = Counter({(unit, series, year): count for unit, series, year, count in kept})
        self._issued: Counter[Series] = Counter()

    def keep(self) -> list[Any]:
        """Set the city's counters past all of them; what is kept for reports."""
        for series, count in (self._counted + self._of_reports).items():
            keep_numbers(*series, count)
        return [[*series, count] for series, count in self._of_reports.items()]

    def matter(self, row: int) -> int | None:
        """The number of the row's next matter: its own, then those of what is forwarded from it."""
        waiting = self._of_matters[row]
        return waiting.pop(0) if waiting else None

    def report(self, series: Series) -> int | None:
        """The next number kept for the earlier reports of this series; None where they are used up."""
        if self._issued[series] >= self._of_reports[series]:
            return None
        self._issued[series] += 1
        return self._issued[series]

    def _entries(self, course: Course) -> Iterator[Entry]:
        row = course.row
        yield Entry(course.registered_at, row.number, row.registering_code, row.confidential)
        if course.forwarded_at:
            for _below in self._register.below(course):
                yield Entry(course.forwarded_at, row.number, row.lead_code, False)

    def _reports(self, course: Course) -> Iterator[Series]:
        """The series in which the course's reports are issued, once for each of them."""
        lead = self._register.lead(course)
        reported = [(lead, course.reported_on + again * timedelta(days=6)) for again in range(course.reports)]
        for unit, day in [*reported, *((below, course.below_reported_on) for below in self._register.below(course))]:
            yield unit.id, report_series(document_mark(course.row.level, unit, confidential=course.row.confidential)), day.year
