"""A unit is renamed, merged or replaced while a report is on its way: what follows it, and what keeps the names it bore."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.kernel.refusals import Invalid
from portal.matters import verbs
from portal.matters.rules import Lead
from portal.matters.service import assigning, reporting, reviewing
from portal.matters.workflow import enact
from portal.network.models import ChangeKind
from portal.papers.models import Paper
from portal.papers.queries import paper
from tests.instructions.test_corrected import amend, by, forward, issue, on, page, plain, registered
from tests.network.test_changes import do
from tests.world import World


def report_of(world: World, matter_id: UUID) -> Paper:
    with world.work():
        found = select(Paper).where(Paper.record_id == matter_id).order_by(Paper.draft.desc()).options(as_seen_by(SYSTEM))
        report = db.session.scalars(found).first()
        assert report is not None
        db.session.expunge(report)
    return report


def of_the_county(world: World) -> UUID:
    """A matter that 永嘉县 supervises, a draft begun."""
    matter_id = world.register("county.supervisor", unit="county", received_on=date(2026, 11, 2))
    world.assign(matter_id, to="edu", by="county.supervisor")
    world.name_handler(matter_id, "edu.handler", by="edu.liaison")
    world.progress(world.acknowledge(matter_id, "edu.handler"), "edu.handler")
    by(world, "edu.handler", reporting.open_draft, matter_id)
    return matter_id


def test_a_drafts_addressee_follows_the_supervising_units_name(office: World) -> None:
    with on(11, 3):
        matter_id, typed = of_the_county(office), of_the_county(office)
        draft = report_of(office, typed)
        by(office, "edu.handler", reporting.save_draft, draft.id, None, {"addressee": "永嘉县人大常委会"})
        do(office, ChangeKind.RENAME, "county", name="永嘉市", short_name="永嘉", document_prefix="永嘉委")
        for path in (f"matters/{matter_id}/report", f"reports/{report_of(office, matter_id).id}"):
            shown = page(office, "edu.handler", path)
            assert ("中共永嘉市委员会督查室" in shown, "中共永嘉县委员会" in shown) == (True, False)
        assert "永嘉县人大常委会" in page(office, "edu.handler", f"matters/{typed}/report"), "what was typed stays"
        # Saved from a page that was opened before.
        words = {"addressee": "中共永嘉县委员会督查室", "body": "已全部完成整改。"}
        by(office, "edu.handler", reporting.save_draft, report_of(office, matter_id).id, None, words)
        office.submit(matter_id, "edu.handler")
    assert report_of(office, matter_id).addressee == "中共永嘉市委员会督查室"


def test_a_report_goes_out_under_name_and_mark_as_it_was_submitted(office: World) -> None:
    with on(11, 2):
        former = registered(office, date(2026, 11, 2), to="science")
        waits = registered(office, date(2026, 11, 2), to="science")
        mine = registered(office, date(2026, 11, 2))
        office.sign(office.submit(former, "science.handler"), "science.director", "science.deputy")
        office.submit(waits, "science.handler")
        office.sign(office.submit(mine, "edu.handler"), "edu.director", "edu.deputy")
    assert report_of(office, former).document_number == "永嘉科〔2026〕1号"
    with on(11, 3):
        keep = [office.posts[f"science.{word}"] for word in ("handler", "deputy", "leader")]
        do(office, ChangeKind.MERGE, "science", into_id=office.units["edu"], moving=keep)
        report_id = report_of(office, waits).id
        assert "永嘉科〔2026〕" in plain(page(office, "edu.director", f"reports/{report_id}"))
        office.sign(report_id, "edu.director", "edu.deputy")
        gone_out = report_of(office, waits)
        assert (gone_out.issuing_name, gone_out.document_number) == ("永嘉县科学技术局", "永嘉科〔2026〕2号")
        shown = plain(page(office, "city.supervisor", f"reports/{report_id}"))
        assert "永嘉教" not in shown
    assert report_of(office, mine).document_number == "永嘉教〔2026〕1号"


def test_a_mark_that_changes_on_the_way_is_the_next_reports(office: World) -> None:
    with on(11, 2):
        first, second = registered(office, date(2026, 11, 2)), registered(office, date(2026, 11, 2))
        report_id = office.submit(first, "edu.handler")
        do(office, ChangeKind.RENAME, "edu", name="永嘉县教育体育局", short_name="教育体育局", document_prefix="永嘉教体")
        office.sign(report_id, "edu.director", "edu.deputy")
        office.sign(office.submit(second, "edu.handler"), "edu.director", "edu.deputy")
    names = [(report.issuing_name, report.document_number) for report in (report_of(office, first), report_of(office, second))]
    assert names == [("永嘉县教育局", "永嘉教〔2026〕1号"), ("永嘉县教育体育局", "永嘉教体〔2026〕1号")]


def test_the_next_unit_is_not_counted_for_the_former_units_returns(office: World) -> None:
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
            reviewing.Return(failed=("cause",), words="原因不清"),
        )
        assert office.matter(matter_id).returns == 1
        with office.work("city.supervisor"):
            science = office.unit("science")
            enact(office.actor("city.supervisor"), verbs.REASSIGN_UNIT, matter_id, Lead(lead_unit=science, words="职责不符"))
        office.name_handler(matter_id, "science.handler", by="science.liaison")
        office.progress(office.acknowledge(matter_id, "science.handler"), "science.handler")
        assert office.matter(matter_id).returns == 0
        shown = plain(page(office, "science.handler", f"matters/{matter_id}"))
        assert ("退回 1 次" in shown, "重办" in shown.split("办理经过")[0]) == (False, False)
        assert "退回重办" in plain(page(office, "city.supervisor", f"matters/{matter_id}")), "it stays on record"
        assert "永嘉县科学技术局" not in plain(page(office, "city.supervisor", "instructions?returned=1"))


@pytest.mark.parametrize("read_first", [False, True])
def test_a_draft_is_saved_whatever_has_read_it_before(office: World, read_first: bool) -> None:
    with on(11, 2):
        matter_id = registered(office, date(2026, 11, 2))
        _matter, draft = by(office, "edu.handler", reporting.open_draft, matter_id)
        with office.work("edu.handler"):
            actor = office.actor("edu.handler")
            known = paper(actor, draft.id) if read_first else None
            saved = reporting.save_draft(actor, draft.id, None, {"body": "已办"})
            assert known is None or known is saved
    assert report_of(office, matter_id).body == "已办"


@pytest.mark.parametrize("state", ["draft", "sign_off", "returned"])
def test_a_corrected_title_reaches_the_draft_whenever_it_is_written_on(office: World, state: str) -> None:
    with on(11, 2):
        matter_id = registered(office, date(2026, 11, 2))
        by(office, "edu.handler", reporting.open_draft, matter_id)
        if state != "draft":
            report_id = office.submit(matter_id, "edu.handler")
        if state == "returned":
            office.sign(report_id, "edu.director", "edu.deputy")
        before = report_of(office, matter_id)
        amend(office, matter_id, title="关于农村饮水安全的情况反映")
        if state == "draft":  # a page that was opened before saves itself
            by(office, "edu.handler", reporting.save_draft, before.id, before.saved, {"title": before.title, "body": "已办"})
        elif state == "sign_off":
            assert before.title in page(office, "edu.director", f"reports/{report_id}"), "what was signed keeps its words"
            by(office, "edu.director", reporting.send_back, report_id, step=1, reason="请补充")
        else:
            by(
                office,
                "city.supervisor",
                enact,
                verbs.RETURN_FOR_REWORK,
                matter_id,
                reviewing.Return(failed=("cause",), words="原因不清"),
            )
            by(office, "edu.handler", reporting.open_draft, matter_id)
        shown = page(office, "edu.handler", f"matters/{matter_id}/report")
        assert 'value="关于农村饮水安全办理情况的报告"' in shown
        office.submit(matter_id, "edu.handler")
    assert report_of(office, matter_id).title == "关于农村饮水安全办理情况的报告"


def test_a_title_of_the_drafters_own_stays(office: World) -> None:
    with on(11, 2):
        matter_id = registered(office, date(2026, 11, 2))
        _matter, draft = by(office, "edu.handler", reporting.open_draft, matter_id)
        by(office, "edu.handler", reporting.save_draft, draft.id, None, {"title": "关于校园饮水的报告"})
        amend(office, matter_id, title="关于农村饮水安全的情况反映")
        assert 'value="关于校园饮水的报告"' in page(office, "edu.handler", f"matters/{matter_id}/report")


@pytest.mark.parametrize(("to", "sentence"), [("ruian", "只能转办给下级单位"), ("mayu", "已有本件的转办")])
@pytest.mark.parametrize("declined", [False, True])
def test_what_was_forwarded_stays_below_and_goes_to_each_unit_once(office: World, to: str, sentence: str, declined: bool) -> None:
    with on(11, 4):
        child = forward(office, registered(office, date(2026, 11, 2), to="ruian"), "tangxia", "mayu")[0]
        if declined:
            by(office, "tangxia.liaison", enact, verbs.DECLINE, child, assigning.Declining(code="not_ours", words="不属本镇"))
        with office.work("ruian.supervisor"):
            actor, unit = office.actor("ruian.supervisor"), office.unit(to)
            with pytest.raises(Invalid, match=sentence):
                if declined:
                    enact(actor, verbs.ASSIGN, child, assigning.Assignment(lead_unit=unit))
                else:
                    enact(actor, verbs.REASSIGN_UNIT, child, Lead(lead_unit=unit, words="职责不符"))
            db.session.rollback()
        assert office.matter(child).lead_unit_name == "塘下镇"
