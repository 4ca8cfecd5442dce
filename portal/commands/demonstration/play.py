"""Playing the demonstration city: all lives at once, in the order of time, with the clock set back.

The workbook's dates are moved so that its last instruction was received three days ago. Reminders are fired once a
morning along the way, so that messages stand where they would have stood.
"""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from portal.commands.city import bring_demonstration_network, found
from portal.commands.demonstration.cast import LEVELS, URGENCIES, Life, Row
from portal.commands.demonstration.lives import story
from portal.commands.demonstration.shown import shown_lives
from portal.documents.workbook import read_rows
from portal.kernel import clock
from portal.kernel.db import db, enter
from portal.notify.jobs import fire_due

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
SLUG, NAME = "wenzhou", "温州市"
PASSWORD = "duban-yanshi-2026"  # noqa: S105 - everyone's, in a city that a production start refuses
PASSWORD_HASH = "$argon2id$v=19$m=19456,t=2,p=1$s/Q5dK4ZAUguSMYFr0Qfwg$yGyoAXSfMm9kwpkx8iTvhdlvu7AIDHFud+pkAkJC8Bo"  # noqa: S105
LAST_RECEIVED = timedelta(days=3)


def play(say: Callable[[str], Any]) -> int:
    """Found the city, bring in its network, and live its year; how many steps were taken. Commits as it goes."""
    now = clock.now()
    rows = read_register(clock.local(now).date())
    begin = min(row.instructed_on for row in rows) - timedelta(days=30)
    with clock.set_to(clock.at(begin, 8)):
        city = found(SLUG, NAME, demonstration=True)
        enter(city.id)
        bring_demonstration_network(HERE / "units.xlsx", HERE / "posts.xlsx", PASSWORD_HASH)
        db.session.commit()
    return Stage(city.id, now).live(rows, say)


class Stage:
    """All lives in one queue of time; `live` takes every step that is due before `until`."""

    def __init__(self, city_id: int, until: datetime) -> None:
        self.city_id, self.until = city_id, until
        self.queue: list[tuple[datetime, int, Life]] = []
        self.count = 0

    def add(self, life: Life, moment: datetime) -> None:
        """Put a life's next step into the queue."""
        self.count += 1
        heapq.heappush(self.queue, (moment, self.count, life))

    def begin(self, life: Life) -> None:
        """A life starts: its first moment decides when it acts."""
        first = next(life, None)
        if first is not None:
            self.add(life, first)

    def live(self, rows: list[Row], say: Callable[[str], Any]) -> int:
        """Take every step in the order of time; a morning's reminders before the day's first step."""
        steps, morning = 0, date.min
        for row in rows:
            self.begin(story(row, self.begin))
        for life in shown_lives(clock.local(self.until).date()):
            self.begin(life)
        while self.queue and self.queue[0][0] <= self.until:
            moment, _number, life = heapq.heappop(self.queue)
            today = clock.local(moment).date()
            if today > morning:
                self._remind(today)
                if today.month != morning.month:
                    say(f"{today:%Y-%m}")
                morning = today
            with clock.set_to(moment):
                enter(self.city_id)
                db.session.execute(text("SET LOCAL synchronous_commit = off"))
                following = next(life, None)
                db.session.commit()
                db.session.remove()
            steps += 1
            if following is not None:
                self.add(life, max(following, moment))
        self._remind(clock.local(self.until).date())
        return steps

    def _remind(self, day: date) -> None:
        moment = min(clock.at(day, 9, 1), self.until)
        with clock.set_to(moment):
            enter(self.city_id)
            fire_due(moment)
            db.session.remove()


def read_register(today: date) -> list[Row]:
    """The workbook's rows, in order of receipt, with dates moved to end a few days before `today`."""
    sheet = read_rows((HERE / "instructions.xlsx").read_bytes())

    def cell(row: Any, title: str) -> Any:
        return sheet.cell(row, title)

    last = max(cell(row, "收到日期").day for row in sheet.rows)
    shift = today - LAST_RECEIVED - last
    rows = [
        Row(
            number=int(float(cell(row, "序号").text)),
            level=LEVELS[cell(row, "批示来源").text],
            leader=cell(row, "批示领导").text,
            instructed_on=cell(row, "批示日期").day + shift,
            received_on=cell(row, "收到日期").day + shift,
            title=cell(row, "来文标题").text,
            document_number=cell(row, "来文字号").text,
            text=cell(row, "批示内容").text,
            urgency=URGENCIES[cell(row, "紧急程度").text],
            confidential=cell(row, "是否保密").text == "是",
            lead_code=cell(row, "主办单位代码").text,
            co_codes=tuple(code for code in cell(row, "协办单位代码").text.split("、") if code),
            requirement=cell(row, "办理要求").text,
            registering_code=cell(row, "登记单位代码").text,
        )
        for row in sheet.rows
    ]
    return sorted(rows, key=lambda row: (row.received_on, row.number))
