"""Whatever is shown of a confidential matter is written down, wherever it is shown, and nothing else is."""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256
from io import BytesIO
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.app import check_ready
from portal.audit.models import Reading
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import verbs
from portal.matters.models import Attachment
from portal.matters.service import attaching, extending, reporting
from portal.matters.service.reporting import signing
from portal.matters.workflow import enact
from portal.papers.frozen import canonical_fields
from portal.papers.models import Paper, SignOff
from portal.vault.encrypted_fields import canonical_digest
from tests.at_the_door import PASSWORD
from tests.world import World

TITLE = "关于青砚计划的情况反映"
DAY = date(2026, 11, 23)


class Log:
    """The reading log of one matter, asked for what is new in it."""

    def __init__(self, world: World, matter_id: UUID) -> None:
        self.world, self.matter_id, self.known = world, matter_id, 0

    def new(self) -> list[tuple[str, str]]:
        """Who, and what he was shown, since it was last asked."""
        names = {number: name for name, number in self.world.people.items()}
        with self.world.work():
            rows = db.session.execute(
                select(Reading.person_id, Reading.what).where(Reading.record_id == self.matter_id).order_by(Reading.id)
            ).all()
        found, self.known = rows[self.known :], len(rows)
        return [(names[person], what) for person, what in found]


def _post(world: World, client: FlaskClient, path: str, **fields: str) -> int:
    return client.post(world.url(path), data={"csrf_token": world.token(client), **fields}).status_code


def _digest(world: World, report_id: UUID) -> str:
    with world.work():
        return db.session.scalars(select(SignOff.digest).where(SignOff.paper_id == report_id).options(as_seen_by(SYSTEM))).one()


def _secret(world: World) -> UUID:
    return world.register(confidential=True, title=TITLE, leader="city.leader")


def test_I54_the_form_that_corrects_it_is_a_reading_and_so_is_the_one_that_was_refused(world: World) -> None:
    matter_id = _secret(world)
    log, registrar = Log(world, matter_id), world.browser("city.supervisor")
    assert TITLE in registrar.get(world.url(f"instructions/{matter_id}/amend")).get_data(as_text=True)
    assert log.new() == [("city.supervisor", "page")]
    assert registrar.get(world.url(f"matters/{matter_id}/assign")).status_code == 200
    assert log.new() == [("city.supervisor", "page")]
    assert _post(world, registrar, f"instructions/{matter_id}/amend", title="", version="1") == 422
    assert log.new() == [("city.supervisor", "page")]
    assert _post(world, registrar, f"matters/{matter_id}/assign", lead_unit="", version="1") == 422
    assert _post(world, registrar, f"matters/{matter_id}/assign", lead_unit="市卫生健康委员会", version="99") == 409
    assert log.new() == [("city.supervisor", "page")] * 2


def test_I54_a_refused_signature_leaves_its_reading(world: World) -> None:
    matter_id = world.progress(world.acknowledge(world.assign(_secret(world), handler="health.handler")))
    report_id = world.submit(matter_id)
    log, signer, digest = Log(world, matter_id), world.browser("health.director"), _digest(world, report_id)
    path = f"reports/{report_id}/sign"
    assert _post(world, signer, path, step="1", digest=digest, password="错的口令") == 422
    assert log.new() == [("health.director", "report")]
    assert _post(world, signer, path, step="1", digest="0" * 64, password=PASSWORD) == 409
    assert log.new() == [("health.director", "report")]
    assert _post(world, signer, f"reports/{report_id}/send-back", step="1") == 422
    assert log.new() == [("health.director", "report")]
    assert world.matter(matter_id).state == "in_sign_off"
    assert _post(world, signer, path, step="1", digest=digest, password=PASSWORD) == 303
    assert log.new() == []  # sent on, nothing shown


def test_I54_the_request_for_more_time_is_read_by_whoever_decides_it(world: World) -> None:
    matter_id = world.acknowledge(world.assign(_secret(world), handler="health.handler"))
    with world.work("health.handler"):
        enact(
            world.actor("health.handler"),
            verbs.ASK_EXTENSION,
            matter_id,
            extending.Asking(until=world.matter(matter_id).due_on + timedelta(days=2), words="青砚资料多", progress="已核查"),
        )
    log, head = Log(world, matter_id), world.browser("city.head")
    path = f"matters/{matter_id}/extension-decision"
    assert "青砚资料多" in head.get(world.url(path)).get_data(as_text=True)
    assert _post(world, head, path, granted="") == 422
    assert log.new() == [("city.head", "page")] * 2


def test_I54_its_row_in_register_and_desk_is_a_reading_and_an_export_one_a_matter(world: World) -> None:
    with clock.set_to(clock.at(DAY, 9)):
        secrets = [world.assign(_secret(world), handler="health.handler") for _each in range(3)]
        world.name_handler(world.assign(world.register()))
        logs, handler = [Log(world, one) for one in secrets], world.browser("health.handler")
        for path, what in (("instructions", "list"), ("", "list"), ("instructions/export", "export")):
            assert handler.get(world.url(path)).status_code == 200
            assert [log.new() for log in logs] == [[("health.handler", what)]] * 3, path
        assert handler.get(world.url(f"network/units/{world.units['health']}")).status_code == 200
        assert [log.new() for log in logs] == [[("health.handler", "list")]] * 3
        head = world.browser("city.head")
        for path in ("instructions", "", "instructions/export"):
            assert head.get(world.url(path)).status_code == 200
        assert [log.new() for log in logs] == [[]] * 3  # of a shell nothing is read


def test_I54_the_log_promises_no_more_than_it_records(world: World) -> None:
    matter_id = world.assign(_secret(world), handler="health.handler")
    world.browser("health.handler").get(world.url(f"matters/{matter_id}/slip"))
    head = world.browser("city.head")
    page = head.get(world.url(f"matters/{matter_id}/readings")).get_data(as_text=True)
    assert "阅读交办单" in page
    assert "打印" not in page
    head.get(world.url(""), headers={"Accept-Language": "en"})
    _post(world, head, "language", language="en")
    assert "print" not in head.get(world.url(f"matters/{matter_id}/readings")).get_data(as_text=True).lower().split("<main")[1]


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("matters/{matter}", "page"),
        ("matters/{matter}/slip", "slip"),
        ("matters/{matter}/extension", "page"),
        ("matters/{matter}/progress", "page"),
        ("matters/{matter}/decline", "page"),
        ("matters/{matter}/report", "report"),
        ("reports/{report}", "report"),
        ("attachments/{attachment}", "download"),
    ],
)
def test_each_page_with_its_content_is_one_reading(world: World, path: str, what: str) -> None:
    matter_id = _secret(world)
    with world.work("city.supervisor"):
        actor = world.actor("city.supervisor")
        paper = attaching.attach_to_matter(actor, world_one(world, matter_id), [("青砚.txt", BytesIO("内容".encode()))])[0].id
    world.acknowledge(world.assign(matter_id, handler="health.handler"))
    log, handler = Log(world, matter_id), world.browser("health.handler")
    report_id = None
    if "report" in path:
        world.progress(matter_id)
        assert _post(world, handler, f"matters/{matter_id}/report/begin") == 303
        with world.work():
            found = select(Paper.id).where(Paper.record_id == matter_id).options(as_seen_by(SYSTEM))
            report_id = db.session.scalars(found).one()
    assert handler.get(world.url(path.format(matter=matter_id, report=report_id, attachment=paper))).status_code == 200
    assert log.new() == [("health.handler", what)]


def test_a_title_does_not_name_it(world: World) -> None:
    """Titles stand in tabs, in the history of browsers, on paper."""
    matter_id = world.progress(world.acknowledge(world.assign(_secret(world), handler="health.handler")))
    report_id = world.submit(matter_id)
    number = world.matter(matter_id).number
    pages = {
        "health.handler": [f"matters/{matter_id}{act}" for act in ("", "/slip", "/progress", "/extension")],
        "health.director": [f"reports/{report_id}"],
        "city.head": [f"matters/{matter_id}{act}" for act in ("", "/readings", "/urge", "/reassign-unit", "/name-handler")],
    }
    for name, paths in pages.items():
        for path in paths:
            page = world.browser(name).get(world.url(path))
            assert page.status_code == 200, path
            said = page.get_data(as_text=True)
            title = said[said.index("<title>") : said.index("</title>")]
            assert number not in title, path
            assert TITLE not in title, path
    opened = world.at_work()
    shown = world.browser("health.handler").get(world.url(f"matters/{opened}")).get_data(as_text=True)
    assert world.matter(opened).number in shown[: shown.index("</title>")]


def test_no_digest_confirms_a_guess_of_a_confidential_report(world: World) -> None:
    """Equal texts of two matters have different digests, and none is the plain one; the signature holds all the same."""
    found = []
    for confidential in (True, True, False):
        matter_id = world.register(confidential=confidential, title=TITLE)
        if confidential:
            world.assign(matter_id, handler="health.handler")
        else:
            world.name_handler(world.assign(matter_id))
        report_id = world.submit(world.progress(world.acknowledge(matter_id)))
        with world.work():
            shown = db.session.scalars(select(Paper).where(Paper.id == report_id).options(as_seen_by(SYSTEM))).one()
            plain = canonical_digest(canonical_fields(shown, []))
        found.append(_digest(world, report_id))
        assert (found[-1] == plain) == (not confidential)
        world.sign(report_id, "health.director", "health.deputy")
    assert len(set(found)) == 3


def test_what_was_submitted_with_the_plain_digest_is_signed_with_it(world: World) -> None:
    matter_id = world.progress(world.acknowledge(world.assign(_secret(world), handler="health.handler")))
    with pytest.MonkeyPatch.context() as before:
        before.setattr(signing, "digest_to_sign", lambda _draft, fields: canonical_digest(fields))
        report_id = world.submit(matter_id)
    world.sign(report_id, "health.director", "health.deputy")
    assert world.matter(matter_id).state == "under_review"


def test_nor_does_the_digest_of_a_confidential_file(world: World) -> None:
    digests = {}
    for confidential in (True, False):
        matter_id = world.register(confidential=confidential)
        with world.work("city.supervisor"):
            papers = [("a.txt", BytesIO(b"x")), ("b.txt", BytesIO(b"x"))]
            kept = attaching.attach_to_matter(world.actor("city.supervisor"), world_one(world, matter_id), papers)
            digests[confidential] = {one.digest for one in kept}
    known = sha256(b"x").hexdigest()
    assert digests[False] == {known}
    assert known not in digests[True]
    assert len(digests[True]) == 1  # within a matter equal files are known as such


def test_what_was_kept_before_takes_the_key_at_the_next_start_unless_it_was_submitted(world: World) -> None:
    known = sha256(b"x").hexdigest()
    matter_id = world.progress(world.acknowledge(world.assign(_secret(world), handler="health.handler")))
    with world.work("health.handler"):
        actor = world.actor("health.handler")
        _matter, draft = reporting.open_draft(actor, matter_id)
        report_id = draft.id
        reporting.save_draft(actor, report_id, None, {"body": "一、基本情况"})
        attaching.attach_to_report(actor, draft, "b.txt", BytesIO(b"x"))
    opened = world.register()
    secret = _secret(world)
    with world.work("city.supervisor"):
        for one_id in (secret, opened):
            attaching.attach_to_matter(world.actor("city.supervisor"), world_one(world, one_id), [("a.txt", BytesIO(b"x"))])
        db.session.execute(update(Attachment).values(digest=known).options(as_seen_by(SYSTEM)))

    def digests() -> dict[UUID, str]:
        with world.work():
            rows = db.session.scalars(select(Attachment).options(as_seen_by(SYSTEM))).all()
            return {one.record_id: one.digest for one in rows}

    with world.work("health.handler"):
        reporting.submit_report(world.actor("health.handler"), report_id)
    check_ready(world.app)
    found = digests()
    assert (found[opened], found[matter_id]) == (known, known)
    assert found[secret] != known and ":" in found[secret]
    check_ready(world.app)
    assert digests() == found
    world.sign(report_id, "health.director", "health.deputy")


def world_one(world: World, matter_id: UUID):  # type: ignore[no-untyped-def]
    """The matter as its registrar sees it; inside his work."""
    from portal.matters.queries import get_matter

    return get_matter(world.actor("city.supervisor"), matter_id)


def test_what_shows_nothing_is_no_reading(world: World) -> None:
    matter_id = world.assign(_secret(world), handler="health.handler")
    log, handler = Log(world, matter_id), world.browser("health.handler")
    assert handler.get(world.url(f"matters/{matter_id}/close")).status_code == 403
    assert _post(world, handler, f"matters/{matter_id}/acknowledge") == 303
    world.progress(matter_id)
    assert _post(world, handler, f"matters/{matter_id}/report/begin") == 303
    saved = handler.post(
        world.url(f"matters/{matter_id}/report"),
        data={"csrf_token": world.token(handler), "text": "青砚草稿", "title": "标题", "addressee": "主送"},
        headers={"Accept": "application/json"},
    )
    assert saved.status_code == 200
    assert TITLE not in saved.get_data(as_text=True)
    for stranger in ("health.leader", "city.head", "city.auditor", "county.supervisor"):
        world.browser(stranger).get(world.url(f"matters/{matter_id}"))
    assert log.new() == []
    opened = world.at_work()
    world.browser("health.handler").get(world.url(f"matters/{opened}"))
    assert Log(world, opened).new() == []
