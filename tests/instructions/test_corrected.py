"""A fact of a matter is corrected, and everything that was derived from it follows: acceptance rows I1 to I12."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.roles import Role
from portal.access.visibility import as_seen_by
from portal.deadlines.formatting import explain
from portal.deadlines.rules import SourceLevel
from portal.deadlines.why import Why
from portal.instructions import service
from portal.instructions.rules import Registration
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Invalid, Refusal
from portal.matters import audience, verbs
from portal.matters.models import Clock, CoUnit, Entry, Extension, Matter
from portal.matters.queries import get_matter, whole_content
from portal.matters.readers import index_viewers
from portal.matters.reseat import refresh_waiting_steps
from portal.matters.rules import Lead
from portal.matters.service import assigning, extending, forwarding, reporting, reviewing
from portal.matters.workflow import enact
from portal.network.models import ChangeKind
from portal.notify.models import Message, Reminder
from portal.papers.models import Paper, Step
from portal.papers.queries import latest_chain
from portal.papers.steps import step_now
from portal.workflow.verbs import Said
from tests.network.test_changes import do
from tests.world import World


def on(month: int, day: int, hour: int = 10) -> Any:
    """Work on that day of 2026."""
    return clock.set_to(clock.at(date(2026, month, day), hour))


def by(world: World, who: str, act: Callable[..., Any], *args: Any, **more: Any) -> Any:
    with world.work(who):
        return act(world.actor(who), *args, **more)


def registered(world: World, received: date, to: str = "edu", **more: Any) -> UUID:
    """The city matter of the rows, assigned; the handler at work where it has one of its own."""
    matter_id = world.assign(world.register(received_on=received, **more), to=to)
    if f"{to}.handler" in world.people:
        world.name_handler(matter_id, f"{to}.handler", by=f"{to}.liaison")
        world.progress(world.acknowledge(matter_id, f"{to}.handler"), f"{to}.handler")
    return matter_id


def said(world: World, matter_id: UUID, **corrected: Any) -> Registration:
    """What is registered, with these corrections."""
    matter = world.matter(matter_id)
    content = matter.content
    assert content is not None
    known = {
        "source_level": matter.source_level,
        "urgency": matter.urgency,
        "confidential": matter.confidential,
        "instructed_on": matter.instructed_on,
        "received_on": matter.received_on,
        "title": content.title,
        "text": content.text,
        "leader": content.leader,
        "leader_id": content.leader_id,
        "document_number": content.document_number,
        "requirement": content.requirement,
    }
    return Registration(**{**known, **corrected})


def amend(world: World, matter_id: UUID, who: str = "city.supervisor", **corrected: Any) -> None:
    by(world, who, service.amend, matter_id, said(world, matter_id, **corrected), None, "核对来文，原登记有误")


class Page:
    """更正 in a browser: sent once, it says what will follow; sent again, it is done."""

    def __init__(self, world: World, matter_id: UUID, who: str = "city.supervisor") -> None:
        self.world, self.matter_id = world, matter_id
        self.client: FlaskClient = world.browser(who)

    def send(self, seen: str = "", **corrected: Any) -> tuple[int, str]:
        words = said(self.world, self.matter_id, **corrected)
        data = {
            "csrf_token": self.world.token(self.client),
            "version": str(self.world.matter(self.matter_id).version),
            "source_level": str(words.source_level),
            "urgency": str(words.urgency),
            "instructed_on": words.instructed_on.isoformat(),
            "received_on": words.received_on.isoformat(),
            "title": words.title,
            "text": words.text,
            "leader": words.leader,
            "document_number": words.document_number or "",
            "requirement": words.requirement or "",
            "reason": "核对来文，原登记有误",
            "seen": seen,
        }
        answer = self.client.post(self.world.url(f"instructions/{self.matter_id}/amend"), data=data)
        return answer.status_code, answer.get_data(as_text=True)

    def correct(self, **corrected: Any) -> str:
        """What the form says will follow; and then it is done."""
        before = self.world.matter(self.matter_id).version
        status, shown = self.send(**corrected)
        assert status == 422
        assert self.world.matter(self.matter_id).version == before, "nothing is done before it was seen"
        key = re.search(r'name="seen" value="([0-9a-f]+)"', shown)
        assert key is not None, shown
        assert re.search(r'class="error-box soon".*?form="registration">确认更正<', shown, re.S), "confirmed where it is said"
        assert self.send(key.group(1), **corrected)[0] == 303
        return plain(shown)


def plain(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)))


def page(world: World, who: str, path: str, *, english: bool = False) -> str:
    client = world.browser(who)
    if english:
        client.set_cookie("language", "en")
    answer = client.get(world.url(path))
    assert answer.status_code == 200, answer.status_code
    return answer.get_data(as_text=True)


def told(world: World, matter_id: UUID, kind: str) -> set[str]:
    names = {person: name for name, person in world.people.items()}
    with world.work():
        found = list(db.session.scalars(select(Message.person_id).where(Message.record_id == matter_id, Message.kind == kind)))
    assert len(found) == len(set(found)), "each once"
    return {names[person] for person in found}


def closing(world: World, matter_id: UUID) -> Clock:
    with world.work():
        found = db.session.scalars(
            select(Clock).where(Clock.record_id == matter_id, Clock.kind == "closing").options(as_seen_by(SYSTEM))
        ).one()
        db.session.expunge(found)
    return found


def why(world: World, matter_id: UUID) -> list[tuple[str, str]]:
    with world.work():
        return explain(Why.from_json(closing(world, matter_id).why))


def entries(world: World, matter_id: UUID, kind: str) -> list[dict[str, Any]]:
    with world.work():
        rows = db.session.scalars(
            select(Entry)
            .where(Entry.record_id == matter_id, Entry.kind == kind)
            .order_by(Entry.sequence)
            .options(as_seen_by(SYSTEM))
        ).all()
        return [{"words": row.words, **(row.facts or {})} for row in rows]


def chain(world: World, matter_id: UUID, who: str) -> list[tuple[str, str]]:
    """(step, holder's unit) of what waits and is to come, as the newest sign-off has it."""
    with world.work(who):
        now = step_now(matter_id)
        assert now is not None
        rows = db.session.scalars(
            select(Step).where(Step.sign_off_id == now.sign_off.id).order_by(Step.number).options(as_seen_by(SYSTEM))
        ).all()
        return [(row.kind, str(Role(row.role))) for row in rows]


def extended(world: World, matter_id: UUID, until: date, who: str = "edu.handler", head: str = "city.head") -> None:
    ask(world, matter_id, until, who)
    by(world, head, enact, verbs.DECIDE_EXTENSION, matter_id, extending.Decision(granted=True))


def ask(world: World, matter_id: UUID, until: date, who: str = "edu.handler") -> None:
    by(world, who, enact, verbs.ASK_EXTENSION, matter_id, extending.Asking(until=until, words="资料尚缺", progress="已核查"))


def issue(world: World, matter_id: UUID, day: tuple[int, int]) -> UUID:
    with on(*day):
        return world.sign(world.submit(matter_id, "edu.handler"), "edu.director", "edu.deputy")


def lamp(world: World, matter_id: UUID, who: str = "city.supervisor") -> tuple[str, str, str, str]:
    """What page, list, *why* and export say of it."""
    shown = page(world, who, f"matters/{matter_id}")
    head = plain(shown)
    listed = plain(page(world, who, "instructions"))
    reasons = plain(shown[shown.index('class="why"') :])
    book = world.browser(who).get(world.url("instructions/export"))
    assert book.status_code == 200
    number = world.matter(matter_id).number
    rows = CalamineWorkbook.from_filelike(BytesIO(book.data)).get_sheet_by_index(0).to_python()
    row = next(row for row in rows if number in row)
    return head, listed, reasons, str(row[-1])


# ----------------------------------------------------------------------------------------------- the level is corrected


def test_I1_another_level_ends_the_sign_off_and_starts_the_right_chain(office: World) -> None:
    with on(11, 2):
        matter_id = registered(office, date(2026, 11, 2))
    assert office.matter(matter_id).due_on == date(2026, 12, 2)
    with on(11, 20):
        report_id = office.sign(office.submit(matter_id, "edu.handler"), "edu.director")
    with on(11, 23):
        shown = Page(office, matter_id).correct(source_level=SourceLevel.CENTRAL)
        assert "12月2日 → 11月17日" in shown
        assert "正在进行的签批终止" in shown
        matter = office.matter(matter_id)
        assert (matter.state, matter.due_on, matter.original_due_on) == ("in_progress", date(2026, 11, 17), date(2026, 11, 17))
        assert entries(office, matter_id, "end_sign_off") == [{"words": "来源级别已更正"}]
        draft_page = page(office, "edu.handler", f"reports/{report_id}")
        assert ("<h2>签批终止</h2>" in draft_page, "送签退回" in draft_page) == (True, False), "nobody sent it back"
        assert "超期 6 日" in plain(page(office, "edu.handler", f"matters/{matter_id}"))
        assert told(office, matter_id, "sign_off_ended") == {"edu.handler", "edu.director", "edu.deputy"}
        assert told(office, matter_id, "amended") == {"edu.liaison"}
        with office.work():
            draft = db.session.scalars(select(Paper).where(Paper.id == report_id).options(as_seen_by(SYSTEM))).one()
            assert (draft.state, "已全部完成整改" in draft.body) == ("draft", True)
            waiting = db.session.execute(
                select(Reminder.rung, Reminder.send_at)
                .where(Reminder.record_id == matter_id, Reminder.settled_at.is_(None))
                .order_by(Reminder.send_at)
            ).all()
        assert waiting[0] == ("overdue_7", clock.at(date(2026, 11, 24), 9))
        office.submit(matter_id, "edu.handler")
        assert chain(office, matter_id, "edu.handler") == [
            ("check", "office_director"),
            ("endorse", "deputy_leader"),
            ("issue", "principal_leader"),
        ]
        office.sign(report_id, "edu.director", "edu.deputy", "edu.leader")
    assert office.matter(matter_id).state == "under_review"


def test_what_follows_is_said_in_the_readers_language(office: World) -> None:
    with on(11, 20):
        matter_id = registered(office, date(2026, 11, 2))
        office.submit(matter_id, "edu.handler")
        form = Page(office, matter_id)
        form.client.set_cookie("language", "en")
        shown = plain(form.send(source_level=SourceLevel.CENTRAL)[1])
    assert "Check (Office director), Endorse (Deputy leader), Issue (Principal leader)" in shown


def test_I2_a_draft_goes_out_in_the_name_that_the_corrected_level_asks_for(office: World) -> None:
    with on(11, 2):
        matter_id = registered(office, date(2026, 11, 2))
        _matter, draft = by(office, "edu.handler", reporting.open_draft, matter_id)
        amend(office, matter_id, source_level=SourceLevel.PROVINCE)
        shown = page(office, "edu.handler", f"reports/{draft.id}")
        assert "中共永嘉县教育局党组" in shown, "the draft already shows it"
        report_id = office.submit(matter_id, "edu.handler")
        office.sign(report_id, "edu.director", "edu.deputy", "edu.leader")
        shown = page(office, "city.supervisor", f"reports/{report_id}")
    assert shown.count("中共永嘉县教育局党组") >= 2
    assert "永嘉教党组〔2026〕1号" in shown


def test_I3_what_the_wrong_seat_issued_is_not_closed_and_its_return_does_not_count(office: World) -> None:
    with on(11, 2):
        matter_id = registered(office, date(2026, 11, 2))
        office.sign(office.submit(matter_id, "edu.handler"), "edu.director", "edu.deputy")
        assert "不能办结" in Page(office, matter_id).correct(source_level=SourceLevel.CENTRAL)
        with pytest.raises(Invalid, match="主要领导签发"):
            by(office, "city.supervisor", enact, verbs.CLOSE, matter_id, Said())
        assert "主要领导签发" in page(office, "city.supervisor", f"matters/{matter_id}/close"), "said before the button"
        by(
            office,
            "city.supervisor",
            enact,
            verbs.RETURN_FOR_REWORK,
            matter_id,
            reviewing.Return(failed=("form",), words="签发层级不符"),
        )
        assert (office.matter(matter_id).state, office.matter(matter_id).returns) == ("in_progress", 0)
        report_id = office.submit(matter_id, "edu.handler")
        office.sign(report_id, "edu.director", "edu.deputy", "edu.leader")
        by(
            office,
            "city.supervisor",
            enact,
            verbs.RETURN_FOR_REWORK,
            matter_id,
            reviewing.Return(failed=("cause",), words="原因不清"),
        )
        assert office.matter(matter_id).returns == 1, "a report that the right seat issued is counted"


def test_corrected_there_and_back_what_was_issued_can_be_closed(office: World) -> None:
    with on(11, 2):
        matter_id = registered(office, date(2026, 11, 2))
        office.sign(office.submit(matter_id, "edu.handler"), "edu.director", "edu.deputy")
        amend(office, matter_id, source_level=SourceLevel.CENTRAL)
        amend(office, matter_id, source_level=SourceLevel.CITY)
        by(office, "city.supervisor", enact, verbs.CLOSE, matter_id, Said())
    assert office.matter(matter_id).in_time is True


def test_a_confidential_sign_off_ends_too_and_its_signers_read_no_longer(office: World) -> None:
    with on(11, 2):
        matter_id = office.register(confidential=True, received_on=date(2026, 11, 2))
        office.assign(matter_id, to="edu", handler="edu.handler")
        office.progress(office.acknowledge(matter_id, "edu.handler"), "edu.handler")
        office.sign(office.submit(matter_id, "edu.handler"), "edu.director")
        with office.work("city.head"):
            audience.admit(matter_id, [office.people["city.supervisor"]], audience.REGISTRAR)
            found = db.session.scalars(select(Matter).where(Matter.id == matter_id).options(as_seen_by(SYSTEM))).one()
            index_viewers(found, whole_content(found))
        amend(office, matter_id, source_level=SourceLevel.CENTRAL)
        assert office.matter(matter_id).state == "in_progress"
        assert told(office, matter_id, "sign_off_ended") == {"edu.handler", "edu.director", "edu.deputy"}
        for who in ("edu.director", "edu.deputy"):
            with pytest.raises(Refusal):
                by(office, who, get_matter, matter_id)


# --------------------------------------------------------------------------------------------------------- below it


def forward(world: World, parent: UUID, *units: str, due_on: date | None = None, who: str = "ruian.liaison") -> list[UUID]:
    with world.work(who):
        made = enact(
            world.actor(who),
            verbs.FORWARD,
            parent,
            forwarding.Forwarding(units=[world.unit(key) for key in units], words=None, due_on=due_on),
        ).result
        return [child.id for child in made]


def with_handler(world: World, child: UUID, unit: str) -> UUID:
    world.name_handler(child, f"{unit}.handler", by=f"{unit}.liaison")
    return child


def test_I4_a_correction_of_the_parent_reaches_what_was_forwarded(office: World) -> None:
    with on(11, 4):
        parent = registered(office, date(2026, 11, 2), to="ruian")
        child = with_handler(office, *forward(office, parent, "tangxia"), "tangxia")
        ended = forward(office, parent, "mayu")[0]
        by(office, "ruian.supervisor", enact, verbs.WITHDRAW, ended, Said(words="重复转办"))
    with on(11, 5):
        shown = Page(office, parent).correct(
            title="关于农村饮用水水质的情况反映", text="请从速核查。", instructed_on=date(2026, 10, 30)
        )
        assert "转办的 1 件随之更正" in shown
        matter = office.matter(child)
        assert matter.content is not None
        assert (matter.content.title, matter.content.text, matter.instructed_on) == (
            "关于农村饮用水水质的情况反映",
            "请从速核查。",
            date(2026, 10, 30),
        )
        assert matter.received_on == date(2026, 11, 4)
        [entry] = entries(office, child, "parent_amended")
        assert entry["changed"] == ["instructed_on", "title", "text"]
        assert told(office, child, "parent_amended") == {"tangxia.liaison", "tangxia.director", "tangxia.handler"}
        assert office.matter(ended).content.title != matter.content.title, "what has ended stays as it was"  # type: ignore[union-attr]
        assert "饮用水水质" in page(office, "tangxia.handler", "instructions?q=饮用水水质"), "and is found by its new words"
        shown = page(office, "ruian.supervisor", f"matters/{child}")
        log = plain(shown)
        assert re.search(r"上级更正\s+批示日期、来文标题、批示内容", log)
        assert f"instructions/{child}/amend" not in shown
        assert f"matters/{child}/make-confidential" not in shown
        assert office.browser("ruian.supervisor").get(office.url(f"instructions/{child}/amend")).status_code == 403
        number = office.matter(parent).number
        assert re.search(rf"<dt>上级事项</dt>\s*<dd><a href=\"[^\"]*{parent}\">{number}</a>", shown)
        assert "其他轮次" not in shown


def test_a_childs_own_requirement_stays_and_a_taken_one_follows(office: World) -> None:
    with on(11, 4):
        parent = registered(office, date(2026, 11, 2), to="ruian")
        taken = forward(office, parent, "tangxia")[0]
        with office.work("ruian.liaison"):
            own = (
                enact(
                    office.actor("ruian.liaison"),
                    verbs.FORWARD,
                    parent,
                    forwarding.Forwarding(units=[office.unit("mayu")], words="只查水源地"),
                )
                .result[0]
                .id
            )
        amend(office, parent, requirement="逐村核查")
    assert office.matter(taken).content.requirement == "逐村核查"  # type: ignore[union-attr]
    assert office.matter(own).content.requirement == "只查水源地"  # type: ignore[union-attr]


def test_a_corrected_level_ends_a_childs_sign_off_too(office: World) -> None:
    with on(11, 4):
        parent = registered(office, date(2026, 11, 2), to="ruian")
        child = with_handler(office, *forward(office, parent, "tangxia"), "tangxia")
        office.acknowledge(child, "tangxia.handler")
        office.submit(child, "tangxia.handler")
        amend(office, parent, source_level=SourceLevel.CENTRAL)
        matter = office.matter(child)
        assert (matter.state, matter.source_level, matter.due_on) == ("in_progress", "central", date(2026, 11, 17))
        assert told(office, child, "sign_off_ended") == {"tangxia.handler", "tangxia.director"}
        office.submit(child, "tangxia.handler")
        assert [kind for kind, _role in chain(office, child, "tangxia.handler")] == ["check", "endorse", "issue"]


def test_I5_an_extension_of_the_parent_moves_the_cut_below_both_ways(office: World) -> None:
    with on(10, 30):
        parent = registered(office, date(2026, 10, 30), to="ruian")
    with on(11, 4):
        a = with_handler(office, *forward(office, parent, "tangxia"), "tangxia")
        b = with_handler(office, *forward(office, parent, "mayu", due_on=date(2026, 11, 25)), "mayu")
    assert [office.matter(one).due_on for one in (parent, a, b)] == [
        date(2026, 11, 30),
        date(2026, 11, 30),
        date(2026, 11, 25),
    ]
    with on(11, 20):
        assert ("上级事项", "按规则为 12月4日，不晚于上级事项的期限 11月30日") in why(office, a)
        extended(office, parent, date(2026, 12, 20), "ruian.handler")
        assert [office.matter(one).due_on for one in (parent, a, b)] == [
            date(2026, 12, 20),
            date(2026, 12, 4),
            date(2026, 11, 25),
        ]
        labels = [label for label, _words in why(office, a)]
        assert "上级事项" not in labels
        assert ("原定", "12月4日（周五）24:00") in why(office, a)
        form = plain(page(office, "tangxia.handler", f"matters/{a}/extension"))
        assert "最迟可延至 12月20日 上级事项的期限 12月20日" in form
        assert told(office, a, "parent_amended") == {"tangxia.liaison", "tangxia.director", "tangxia.handler"}
        assert told(office, b, "parent_amended") == set()
        shown = plain(page(office, "tangxia.handler", "messages"))
        assert "上级事项已更正（办理期限；现期限12月4日）" in shown
        # And back: a corrected date of receipt takes the parent's extension to its limit, and the cut returns.
        amend(office, parent, received_on=date(2026, 10, 1), instructed_on=date(2026, 9, 30))
    assert office.matter(parent).due_on == date(2026, 12, 1)
    assert office.matter(a).due_on == date(2026, 12, 1)
    assert office.matter(b).due_on == date(2026, 11, 25)


def test_a_given_date_equal_to_the_parents_stays_given(office: World) -> None:
    with on(10, 30):
        parent = registered(office, date(2026, 10, 30), to="ruian")
    with on(11, 4):
        child = forward(office, parent, "tangxia", due_on=date(2026, 11, 30))[0]
        extended(office, parent, date(2026, 12, 20), "ruian.handler")
    assert office.matter(child).due_on == date(2026, 11, 30)


# ------------------------------------------------------------------------------------------------------------ in time


@pytest.mark.parametrize(("granted", "words"), [(True, "按期"), (False, "超期 8 日")])
def test_I6_in_time_is_judged_when_the_extension_is_decided(office: World, granted: bool, words: str) -> None:
    with on(10, 12):
        matter_id = registered(office, date(2026, 10, 12))
    with on(11, 11):
        ask(office, matter_id, date(2026, 11, 30))
    issue(office, matter_id, (11, 20))
    with on(11, 22):
        assert all("按期" not in place and "超期" not in place.split("超期 0")[0][-20:] for place in lamp(office, matter_id)[3:])
    with on(11, 23):
        by(
            office,
            "city.head",
            enact,
            verbs.DECIDE_EXTENSION,
            matter_id,
            extending.Decision(
                granted=granted, until=date(2026, 11, 30) if granted else None, words="同意" if granted else "理由不足"
            ),
        )
        head, listed, reasons, exported = lamp(office, matter_id)
    assert f"已报结，{words}" in head
    assert words in listed
    assert f"11月20日签发，{words}" in reasons
    assert exported == f"已报结，{words}"
    assert office.matter(matter_id).in_time is granted


def test_I7_a_corrected_date_of_receipt_judges_again_and_back(office: World) -> None:
    with on(10, 14):
        matter_id = registered(office, date(2026, 10, 12))
    issue(office, matter_id, (11, 13))
    with on(11, 16):
        assert "已报结，超期 1 日" in lamp(office, matter_id)[0]
        assert "是否按期 超期 1 日 → 按期" in Page(office, matter_id).correct(received_on=date(2026, 10, 14))
        assert office.matter(matter_id).due_on == date(2026, 11, 14)
        assert all("按期" in place for place in lamp(office, matter_id))
        Page(office, matter_id).correct(received_on=date(2026, 10, 12))
        assert "已报结，超期 1 日" in lamp(office, matter_id)[0]
    assert office.matter(matter_id).in_time is False


def test_I8_an_extension_survives_a_mistyped_date_of_receipt(office: World) -> None:
    with on(11, 2):
        matter_id = registered(office, date(2026, 11, 2))
    with on(11, 20):
        extended(office, matter_id, date(2026, 12, 25))
    with on(11, 23):
        shown = Page(office, matter_id).correct(received_on=date(2026, 10, 2), instructed_on=date(2026, 10, 1))
        assert "准予至12月25日，按限额截至12月2日" in shown
        matter = office.matter(matter_id)
        assert (matter.original_due_on, matter.due_on) == (date(2026, 11, 2), date(2026, 12, 2))
        assert ("延期", "准予至12月25日，按限额截至12月2日") in why(office, matter_id)
        assert told(office, matter_id, "extension_cut") == {"city.head"}
        Page(office, matter_id).correct(received_on=date(2026, 11, 2))
        matter = office.matter(matter_id)
        assert (matter.original_due_on, matter.due_on) == (date(2026, 12, 2), date(2026, 12, 25))
        assert not matter.extension_pending
        assert ("现定", "12月25日（周五）24:00") in why(office, matter_id)


@pytest.mark.parametrize(("until", "said"), [((12, 5), "不晚于更正后的期限"), ((12, 20), "")])
def test_a_request_that_a_correction_makes_idle_is_named_before(office: World, until: tuple[int, int], said: str) -> None:
    with on(11, 10):
        matter_id = registered(office, date(2026, 11, 2))
        ask(office, matter_id, date(2026, *until))
        shown = Page(office, matter_id).correct(received_on=date(2026, 11, 10))
    assert ("待批的延期申请至12月5日，不晚于更正后的期限" in shown) is bool(said)


@pytest.mark.parametrize("with_more_time", [False, True])
def test_I9_returned_and_issued_again_it_is_judged_by_the_last_issue(office: World, with_more_time: bool) -> None:
    with on(10, 12):
        matter_id = registered(office, date(2026, 10, 12))
    issue(office, matter_id, (11, 10))
    if with_more_time:
        with on(11, 11):
            ask(office, matter_id, date(2026, 11, 20))
        with on(11, 12):
            by(office, "city.head", enact, verbs.DECIDE_EXTENSION, matter_id, extending.Decision(granted=True))
    with on(11, 16):
        by(
            office,
            "city.supervisor",
            enact,
            verbs.RETURN_FOR_REWORK,
            matter_id,
            reviewing.Return(failed=("cause",), words="原因未说清"),
        )
        assert office.matter(matter_id).in_time is None
    issue(office, matter_id, (11, 18))
    with on(11, 19):
        by(office, "city.supervisor", enact, verbs.CLOSE, matter_id, Said())
        head = lamp(office, matter_id)[0]
    assert office.matter(matter_id).in_time is with_more_time
    assert ("已办结，按期" if with_more_time else "已办结，超期 6 日") in head


def test_I10_a_receipt_later_than_the_assignment_is_refused(office: World) -> None:
    with on(11, 3):
        matter_id = registered(office, date(2026, 11, 2))
    with on(11, 5):
        before = office.matter(matter_id)
        status, shown = Page(office, matter_id).send(received_on=date(2026, 11, 4))
        assert (status, "不得晚于交办日期" in shown) == (422, True)
        after = office.matter(matter_id)
        assert (after.received_on, after.due_on, after.version) == (before.received_on, before.due_on, before.version)
        by(
            office,
            "city.supervisor",
            enact,
            verbs.REASSIGN_UNIT,
            matter_id,
            Lead(lead_unit=unit(office, "science"), words="职责不符"),
        )
        with pytest.raises(Invalid) as refusal:
            amend(office, matter_id, received_on=date(2026, 11, 4))
        assert "不得晚于交办日期" in refusal.value.fields["received_on"], "the first assignment counts"


def unit(world: World, key: str) -> Any:
    with world.work():
        return world.unit(key)


# ------------------------------------------------------------------------------------------------------- another unit


def test_I11_a_reassigned_unit_begins_anew(office: World) -> None:
    with on(11, 2):
        matter_id = office.assign(office.register(received_on=date(2026, 11, 2)), to="edu", co=("science", "police"))
        office.name_handler(matter_id, "edu.handler", by="edu.liaison")
        office.progress(office.acknowledge(matter_id, "edu.handler"), "edu.handler")
        ask(office, matter_id, date(2026, 12, 20))
        old = office.submit(matter_id, "edu.handler")
    with on(11, 10):
        form = page(office, "city.supervisor", f"matters/{matter_id}/reassign-unit")
        assert "正在进行的签批随之终止，新的主办单位从空白稿写起；待批的延期申请随之终止" in form
        with office.work("city.supervisor"):
            enact(
                office.actor("city.supervisor"),
                verbs.REASSIGN_UNIT,
                matter_id,
                Lead(lead_unit=office.unit("science"), words="职责不符"),
            )
        matter = office.matter(matter_id)
        assert (matter.state, matter.extension_pending, matter.lead_unit_name) == ("assigned", False, "永嘉县科学技术局")
        with office.work():
            helping = list(
                db.session.scalars(select(CoUnit.unit_name).where(CoUnit.matter_id == matter_id).options(as_seen_by(SYSTEM)))
            )
            request = db.session.scalars(
                select(Extension).where(Extension.record_id == matter_id).options(as_seen_by(SYSTEM))
            ).one()
            assert (request.granted, request.decided_at) == (None, clock.now())
        assert helping == ["永嘉县公安局"]
        assert entries(office, matter_id, "extension_ended") == [{"words": None, "ended": "reassign_unit"}]
        assert told(office, matter_id, "extension_ended") == {"edu.handler"}
        inbox = page(office, "edu.handler", "messages")
        sentence = "已改派其他单位，延期申请终止：关于老旧小区加装电梯的情况反映"
        assert sentence in inbox
        assert not re.search(rf"<a [^>]*>\s*{sentence}", inbox), "he may not open it any more, so there is no link"
        assert not re.search(rf"<a [^>]*>\s*{sentence}", page(office, "edu.handler", ""))
        assert office.browser("edu.handler").get(office.url(f"matters/{matter_id}")).status_code == 404
        office.name_handler(matter_id, "science.handler", by="science.liaison")
        office.acknowledge(matter_id, "science.handler")
        shown = page(office, "science.handler", f"matters/{matter_id}")
        assert 'aria-current="step"' not in shown, "no chain runs"
        assert "已终止" in plain(shown)
        _matter, draft = by(office, "science.handler", reporting.open_draft, matter_id)
        assert (draft.id != old, draft.body, draft.copies) == (True, "", None)
        assert draft.title == "关于老旧小区加装电梯办理情况的报告"
        assert "已全部完成整改" not in page(office, "science.handler", f"matters/{matter_id}/report")


def test_a_draft_never_submitted_is_not_the_next_units_either(office: World) -> None:
    with on(11, 2):
        matter_id = registered(office, date(2026, 11, 2))
        with office.work("edu.handler"):
            _matter, draft = reporting.open_draft(office.actor("edu.handler"), matter_id)
            reporting.save_draft(office.actor("edu.handler"), draft.id, None, {"body": "甲单位的文字"})
    with on(11, 3):
        with office.work("city.supervisor"):
            enact(
                office.actor("city.supervisor"),
                verbs.REASSIGN_UNIT,
                matter_id,
                Lead(lead_unit=office.unit("science"), words="职责不符"),
            )
        office.name_handler(matter_id, "science.handler", by="science.liaison")
        office.acknowledge(matter_id, "science.handler")
        _matter, mine = by(office, "science.handler", reporting.open_draft, matter_id)
    assert (mine.id != draft.id, mine.body) == (True, "")


def test_what_a_declining_unit_had_asked_for_ends(office: World) -> None:
    with on(11, 2):
        matter_id = office.assign(office.register(received_on=date(2026, 11, 2)), to="edu")
        office.name_handler(matter_id, "edu.handler", by="edu.liaison")
        ask(office, matter_id, date(2026, 12, 20))
        by(office, "edu.liaison", enact, verbs.DECLINE, matter_id, assigning.Declining(code="not_ours", words="不属本单位"))
        assert not office.matter(matter_id).extension_pending
        assert told(office, matter_id, "extension_ended") == {"edu.handler"}
        office.assign(matter_id, to="science")
        office.name_handler(matter_id, "science.handler", by="science.liaison")
        ask(office, matter_id, date(2026, 12, 10), "science.handler")
    assert office.matter(matter_id).extension_pending


def test_what_is_withdrawn_on_its_way_is_not_drawn_as_running(office: World) -> None:
    with on(11, 2):
        matter_id = registered(office, date(2026, 11, 2))
        ask(office, matter_id, date(2026, 12, 20))
        office.submit(matter_id, "edu.handler")
        by(office, "city.supervisor", enact, verbs.WITHDRAW, matter_id, Said(words="重复登记"))
        shown = page(office, "city.supervisor", f"matters/{matter_id}")
        assert 'aria-current="step"' not in shown
        with office.work():
            open_requests = select(Extension.id).where(Extension.record_id == matter_id, Extension.decided_at.is_(None))
            assert db.session.scalars(open_requests.options(as_seen_by(SYSTEM))).all() == []


def test_a_former_units_return_and_submission_are_not_put_beside_the_next_units_draft(office: World) -> None:
    with on(11, 2):
        matter_id = registered(office, date(2026, 11, 2))
    issue(office, matter_id, (11, 3))
    with on(11, 4):
        by(
            office,
            "city.supervisor",
            enact,
            verbs.RETURN_FOR_REWORK,
            matter_id,
            reviewing.Return(failed=("cause",), words="甲单位原因不清"),
        )
    with on(11, 5):
        with office.work("city.supervisor"):
            enact(
                office.actor("city.supervisor"),
                verbs.REASSIGN_UNIT,
                matter_id,
                Lead(lead_unit=office.unit("science"), words="职责不符"),
            )
        office.name_handler(matter_id, "science.handler", by="science.liaison")
        office.acknowledge(matter_id, "science.handler")
        _matter, draft = by(office, "science.handler", reporting.open_draft, matter_id)
        assert draft.body == ""
        shown = page(office, "science.handler", f"matters/{matter_id}/report")
        assert "甲单位原因不清" not in shown
        assert f"reports/{draft.id}/changes" not in shown


def test_I12_names_stay_as_they_were_signed_and_heirs_are_asked_once(office: World) -> None:
    with on(11, 2):
        signed = office.assign(office.register(received_on=date(2026, 11, 2)), to="edu", co=("police",), countersigns=True)
        office.name_handler(signed, "edu.handler", by="edu.liaison")
        office.progress(office.acknowledge(signed, "edu.handler"), "edu.handler")
        report_id = office.sign(office.submit(signed, "edu.handler"), "edu.director", "police.deputy")
        waits = registered(office, date(2026, 11, 2), to="science")
        office.submit(waits, "science.handler")
    with on(11, 3):
        do(office, ChangeKind.RENAME, "police", name="永嘉县公安分局", short_name="公安分局", document_prefix="永嘉公")
        keep = [office.posts[f"science.{word}"] for word in ("handler", "deputy", "leader")]
        do(office, ChangeKind.MERGE, "science", into_id=office.units["edu"], moving=keep)
        with office.work("edu.handler"):
            actor = office.actor("edu.handler")
            found = latest_chain(actor, signed, "closing_report")
            assert found is not None
            assert [row.unit_name for row in found[1][2].values()] == ["永嘉县教育局", "永嘉县公安局"]
        shown = page(office, "edu.handler", f"reports/{report_id}")
        assert ("永嘉县公安局" in shown, "永嘉县公安分局" in shown) == (True, False)
        assert told(office, waits, "to_sign") == {"science.director", "edu.director"}
        for _sweep in range(2):
            with office.work():
                refresh_waiting_steps()
        assert told(office, waits, "to_sign") == {"science.director", "edu.director"}


def test_I12_posts_are_stored_and_shown_in_the_official_wording(office: World) -> None:
    with on(11, 2):
        parent = registered(office, date(2026, 11, 2), to="county")
        [child] = forward(office, parent, "edu", who="county.liaison")
        with_handler(office, child, "edu")
        office.progress(office.acknowledge(child, "edu.handler"), "edu.handler")
        extended(office, parent, date(2026, 12, 31), "county.handler")
        ask(office, child, date(2026, 12, 20))
        client = office.browser("county.head")
        token = office.token(client)
        client.post(office.url("language"), data={"csrf_token": token, "language": "en"})
        sent = client.post(
            office.url(f"matters/{child}/extension-decision"),
            data={
                "csrf_token": token,
                "version": str(office.matter(child).version),
                "granted": "yes",
                "due_on": "2026-12-20",
                "reason": "",
            },
        )
        assert sent.status_code == 303, sent.get_data(as_text=True)
        with office.work():
            request = db.session.scalars(select(Extension).where(Extension.record_id == child).options(as_seen_by(SYSTEM))).one()
            assert request.granted_as == "永嘉县委督查室主任"
        shown = client.get(office.url(f"matters/{child}")).get_data(as_text=True)
        assert 'lang="en"' in shown
        assert "永嘉县委督查室主任" in shown
        assert not re.search(r"督查室\s*Head", plain(shown))
