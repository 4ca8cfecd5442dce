"""What the last signature costs, by which a report is issued: statements and milliseconds of that one answer.

Some of the measured clerk's matters are carried there by the portal's own services: drafted, submitted, signed but once.
"""

from __future__ import annotations

import statistics
import time
from uuid import UUID

from sqlalchemy import select

from bench.browser import TOKEN
from bench.network import PASSWORD, SLUG
from bench.statements import Counted
from bench.targets import at_most
from bench.town import Town
from portal.access.actor import SYSTEM, Actor
from portal.access.visibility import as_seen_by
from portal.identity.models import Person
from portal.kernel.db import db, enter
from portal.matters.service import reporting
from portal.network.service.acting import actor_for
from portal.papers.models import Paper
from portal.papers.steps import step_now

WARM, TIMES = 2, 7
MOST_STATEMENTS = 28


def _actor(person_id: int) -> Actor:
    return actor_for(db.session.scalars(select(Person).where(Person.id == person_id)).one())


def _draft(town: Town, counted: Counted, matter_id: UUID, handler: int) -> UUID:
    """Writes and submits the report; its id."""
    with counted.app.app_context():
        enter(town.city_id)
        _matter, draft = reporting.open_draft(_actor(handler), matter_id)
        reporting.save_draft(_actor(handler), draft.id, None, {"body": "一、基本情况\n已全部完成整改，群众满意。"})
        reporting.submit_report(_actor(handler), draft.id)
        db.session.commit()
        return draft.id


def _sign(town: Town, counted: Counted, report_id: UUID) -> tuple[int, int, str]:
    """Signs every step but the last: who signs that one, its number, and the digest of what is signed."""
    while True:
        with counted.app.app_context():
            enter(town.city_id)
            report = db.session.scalars(select(Paper).where(Paper.id == report_id).options(as_seen_by(SYSTEM))).one()
            now = step_now(report.record_id)
            assert now is not None
            number, digest, person = now.step.number, now.sign_off.digest, now.people[0].person_id
            if now.step.kind == "issue":
                return person, number, digest
            reporting.sign(_actor(person), report_id, step=number, digest=digest, confirm=lambda: None)
            db.session.commit()


def run(town: Town) -> None:
    """Measures and prints."""
    counted = Counted(town.environment)
    handler = town.network.readers["clerk"][0]
    found = town.connection.execute(
        "select matter.id from matter join content on content.record_id = matter.id"
        " where handler_id = %s and state = 'in_progress' and matter.id <> %s order by matter.id limit %s",
        [handler, town.maker.shown, WARM + TIMES],
    ).fetchall()
    took, counts, strange = [], [], 0
    for (matter_id,) in found:
        report_id = _draft(town, counted, matter_id, handler)
        signer, number, digest = _sign(town, counted, report_id)
        client, here = counted.browser(f"person.{signer}"), f"/{SLUG}/reports/{report_id}"
        token = TOKEN.search(client.get(here).get_data(as_text=True))
        assert token is not None
        form = {"csrf_token": token[1], "step": str(number), "digest": digest, "password": PASSWORD}
        counted.seen.clear()
        begun = time.perf_counter()
        status = client.post(f"{here}/sign", data=form).status_code
        took.append((time.perf_counter() - begun) * 1000)
        counts.append(len(counted.seen))
        if status != 303:
            strange += 1
            print(f"the last signature answered {status}")
    counted.close()
    at_most("statements, issuing", max(counts[WARM:]), MOST_STATEMENTS, sound=not strange)
    print(
        f"issuing: {statistics.median(took[WARM:]):.0f} ms, the password's check included (median of {len(took) - WARM})",
        flush=True,
    )
