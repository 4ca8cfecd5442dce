"""What happens to one matter, in the browser: works, 404 for an outsider, 403, 409, 422."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from portal.deadlines.rules import Urgency
from portal.kernel import clock
from portal.matters import verbs
from portal.matters.service import reviewing
from portal.matters.workflow import enact
from portal.workflow.verbs import Said
from tests.at_the_door import PASSWORD, flat
from tests.world import World


def post(world: World, client: FlaskClient, matter_id: UUID, act: str, **data: Any) -> Any:
    """Files the form of an act."""
    data.setdefault("version", world.matter(matter_id).version)
    return client.post(
        world.url(f"matters/{matter_id}/{act}"),
        data={"csrf_token": world.token(client), **data},
        content_type="multipart/form-data",
    )


def get(world: World, client: FlaskClient, path: str) -> Any:
    return client.get(world.url(path))


def registered(world: World) -> UUID:
    return world.register()


def assigned(world: World) -> UUID:
    return world.assign(world.register())


def named(world: World) -> UUID:
    return world.name_handler(assigned(world))


def with_co(world: World) -> UUID:
    return world.assign(world.register(), co=("finance",))


def asked(world: World) -> UUID:
    matter_id = world.at_work(urgency=Urgency.NORMAL)
    client = world.browser("health.handler")
    due = world.matter(matter_id).due_on
    answer = post(world, client, matter_id, "extension", due_on=_later(due, 5), reason="工程未完", progress="已完成八成")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return matter_id


def _later(day: Any, days: int) -> str:
    from datetime import timedelta

    return (day + timedelta(days=days)).isoformat()


def county_at_work(world: World) -> UUID:
    return world.assign(world.register(), to="county")


ACTS = {
    "assign": (registered, "city.supervisor", {"lead_unit": "市卫健委"}, {"lead_unit": "没有这个单位"}, "assigned"),
    "name-handler": (assigned, "health.liaison", {"handler": "health.handler"}, {"handler": "0"}, "assigned"),
    "name-co-handler": (with_co, "finance.liaison", {"handler": "finance.handler"}, {"handler": "0"}, "assigned"),
    "acknowledge": (named, "health.handler", {}, None, "acknowledged"),
    "decline": (
        named,
        "health.director",
        {"code": "not_ours", "reason": "不属本委职责"},
        {"code": "x", "reason": ""},
        "registered",
    ),
    "reassign-unit": (
        named,
        "city.supervisor",
        {"lead_unit": "市财政局", "reason": "职责调整"},
        {"lead_unit": "市卫健委", "reason": "x"},
        "assigned",
    ),
    "forward": (county_at_work, "county.liaison", {"units": "桥头镇"}, {"units": "市财政局"}, "assigned"),
    "withdraw": (named, "city.supervisor", {"reason": "重复登记"}, {"reason": ""}, "withdrawn"),
    "make-confidential": (named, "city.supervisor", {"reason": "涉及个人"}, {"reason": ""}, "withdrawn"),
    "progress": (World.at_work, "health.handler", {"words": "已整改十处"}, {"words": ""}, "in_progress"),
    "co-progress": (with_co, "finance.liaison", {"words": "资金已拨付"}, {"words": ""}, "assigned"),
    "urge": (named, "city.supervisor", {"words": "请抓紧"}, {"words": ""}, "assigned"),
    "instruct-again": (named, "city.leader", {"words": "再研究"}, {"words": ""}, "assigned"),
    "extension-decision": (asked, "city.head", {"granted": "yes"}, {"granted": "no", "reason": ""}, "in_progress"),
    "close": (World.under_review, "city.supervisor", {"words": ""}, None, "closed"),
    "return-for-rework": (
        World.under_review,
        "city.supervisor",
        {"failed": ["cause"], "reason": "原因未找准"},
        {"reason": "x"},
        "in_progress",
    ),
}
READER = {
    "name-handler": "health.leader",
    "acknowledge": "health.liaison",
    "instruct-again": "city.supervisor",
    "forward": "county.leader",
    "progress": "health.leader",
    "name-co-handler": "finance.leader",
    "co-progress": "finance.leader",
    "urge": "health.leader",
    "extension-decision": "city.supervisor",
}


def filled(world: World, data: dict[str, Any]) -> dict[str, Any]:
    return {k: world.posts[v] if k == "handler" and v in world.posts else v for k, v in data.items()}


@pytest.mark.parametrize("act", ACTS)
def test_an_act_works_from_its_own_page(world: World, act: str) -> None:
    make, by, data, _bad, state = ACTS[act]
    matter_id = make(world)
    client = world.browser(by)
    if act != "acknowledge":  # a button on the matter's own page
        shown = get(world, client, f"matters/{matter_id}/{act}")
        assert shown.status_code == 200, shown.get_data(as_text=True)
    assert get(world, client, f"matters/{matter_id}").status_code == 200
    answer = post(world, client, matter_id, act, **filled(world, data))
    assert answer.status_code == 303, re.sub("<[^>]+>", "", answer.get_data(as_text=True))
    assert world.matter(matter_id).state == state
    assert client.get(answer.location).status_code == 200, "an act leads to a page that its doer may read"


@pytest.mark.parametrize("act", ACTS)
def test_an_act_does_not_exist_for_an_outsider(world: World, act: str) -> None:
    make, _by, data, _bad, _state = ACTS[act]
    matter_id = make(world)
    client = world.browser("township.handler")
    assert post(world, client, matter_id, act, **filled(world, data)).status_code == 404


# Before it is assigned nobody reads a matter who may not assign it.
@pytest.mark.parametrize("act", [act for act in ACTS if act != "assign"])
def test_an_act_is_refused_to_a_reader_whose_act_it_is_not(world: World, act: str) -> None:
    make, _by, data, _bad, _state = ACTS[act]
    matter_id = make(world)
    before = world.matter(matter_id).version
    client = world.browser(READER.get(act, "city.leader"))
    assert post(world, client, matter_id, act, **filled(world, data)).status_code == 403
    assert world.matter(matter_id).version == before


@pytest.mark.parametrize("act", ACTS)
def test_a_page_that_is_no_longer_true_is_answered_with_what_changed(world: World, act: str) -> None:
    make, by, data, _bad, _state = ACTS[act]
    matter_id = make(world)
    client = world.browser(by)
    answer = post(world, client, matter_id, act, **(filled(world, data) | {"version": world.matter(matter_id).version - 1}))
    said = answer.get_data(as_text=True)
    assert answer.status_code == 409, re.sub("<[^>]+>", "", said)
    for typed in (v for k, v in data.items() if k in ("reason", "words", "units") and v):
        assert typed in said


@pytest.mark.parametrize("act", [name for name, row in ACTS.items() if row[3] is not None])
def test_bad_input_changes_nothing(world: World, act: str) -> None:
    make, by, _data, bad, _state = ACTS[act]
    matter_id = make(world)
    before = world.matter(matter_id)
    client = world.browser(by)
    answer = post(world, client, matter_id, act, **bad)
    assert answer.status_code == 422, re.sub("<[^>]+>", "", answer.get_data(as_text=True))
    after = world.matter(matter_id)
    assert (after.state, after.version) == (before.state, before.version)


def test_a_report_is_written_submitted_and_signed_in_the_browser(world: World) -> None:
    matter_id = world.at_work()
    handler = world.browser("health.handler")
    assert post(world, handler, matter_id, "report/begin").status_code == 303
    shown = get(world, handler, f"matters/{matter_id}/report").get_data(as_text=True)
    saving = re.search(r'data-autosave="/[^/]+/([^"]+)"', shown)
    assert saving
    saved = handler.post(
        world.url(saving[1]),
        data={
            "csrf_token": world.token(handler),
            "version": 1,
            "title": "关于报结的报告",
            "addressee": "市委督查室",
            "text": "正文。",
        },
        headers={"Accept": "application/json"},
    )
    assert saved.json["version"] == 2
    again = handler.post(
        world.url(saving[1]),
        data={"csrf_token": world.token(handler), "version": 1, "title": "旧"},
        headers={"Accept": "application/json"},
    )
    assert again.status_code == 409
    answer = post(
        world,
        handler,
        matter_id,
        "report",
        version=2,
        title="关于报结的报告",
        addressee="市委督查室",
        text="一、已办结。",
        go="submit",
        attachments=(io.BytesIO("附件正文".encode()), "情况.txt"),
    )
    assert answer.status_code == 303, re.sub("<[^>]+>", "", answer.get_data(as_text=True))
    for by in ("health.director", "health.deputy"):
        client = world.browser(by)
        page = get(world, client, f"matters/{matter_id}").get_data(as_text=True)
        address = re.search(r'href="/[^/]+/(reports/[^"]+)"', page)
        assert address
        read = get(world, client, address[1]).get_data(as_text=True)
        digest = re.search(r'name="digest"[^>]*value="([0-9a-f]{64})"', read)
        step = re.search(r'name="step"[^>]*value="(\d+)"', read)
        assert digest and step
        fields = {"csrf_token": world.token(client), "digest": digest[1], "step": step[1]}
        sign = world.url(address[1] + "/sign")
        assert client.post(sign, data=fields | {"password": "错"}).status_code == 422
        assert client.post(sign, data=fields | {"password": PASSWORD, "digest": "0" * 64}).status_code == 409
        done = client.post(sign, data=fields | {"password": PASSWORD})
        assert done.status_code == 303, re.sub("<[^>]+>", "", done.get_data(as_text=True))
    assert world.matter(matter_id).state == "under_review"
    assert get(world, world.browser("finance.leader"), address[1]).status_code == 404


def test_a_signer_sends_the_draft_back_and_the_handler_recalls_the_next(world: World) -> None:
    matter_id = world.at_work()
    report_id = world.submit(matter_id)
    client = world.browser("health.director")
    back = f"reports/{report_id}/send-back"
    token = world.token(client)
    assert client.post(world.url(back), data={"csrf_token": token, "step": 1, "reason": ""}).status_code == 422
    assert client.post(world.url(back), data={"csrf_token": token, "step": 1, "reason": "数据不实"}).status_code == 303
    assert world.matter(matter_id).state == "in_progress"
    world.submit(matter_id)
    handler = world.browser("health.handler")
    recall = world.url(f"reports/{report_id}/recall")
    assert handler.post(recall, data={"csrf_token": world.token(handler)}).status_code == 303
    assert world.matter(matter_id).state == "in_progress"


def test_a_file_comes_back_as_it_was_and_only_to_readers(world: World) -> None:
    matter_id = named(world)
    client = world.browser("city.supervisor")
    answer = post(world, client, matter_id, "attach", attachments=(io.BytesIO("原件".encode()), "批示原件.txt"))
    assert answer.status_code == 303, re.sub("<[^>]+>", "", answer.get_data(as_text=True))
    address = re.search(r'href="/[^/]+/(attachments/[^"]+)"', get(world, client, f"matters/{matter_id}").get_data(as_text=True))
    assert address
    got = get(world, client, address[1])
    assert got.get_data().decode() == "原件"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert get(world, world.browser("township.handler"), address[1]).status_code == 404


def test_a_classified_file_or_text_is_refused_and_nothing_of_it_kept(world: World) -> None:
    matter_id = world.at_work()
    client = world.browser("city.supervisor")
    bad = post(world, client, matter_id, "attach", attachments=(io.BytesIO("机密★10年 全文".encode()), "文.txt"))
    assert bad.status_code == 422
    said = post(world, world.browser("health.handler"), matter_id, "progress", words="机密★10年 内容如下")
    assert said.status_code == 422
    assert "内容如下" not in said.get_data(as_text=True)


def test_a_confidential_matter_is_logged_when_read_and_a_shell_to_the_office(world: World) -> None:
    matter_id = world.assign(world.register(confidential=True, title="绝无仅有的标题"), handler="health.handler")
    read = get(world, world.browser("health.handler"), f"matters/{matter_id}").get_data(as_text=True)
    assert "绝无仅有的标题" in read
    assert "绝无仅有的标题" not in (re.search("<title>(.*?)</title>", read, re.S) or [""])[0]
    head = world.browser("city.head")
    shell = get(world, head, f"matters/{matter_id}").get_data(as_text=True)
    assert "绝无仅有的标题" not in shell
    assert "阅读" in get(world, head, f"matters/{matter_id}/readings").get_data(as_text=True)
    assert get(world, world.browser("city.supervisor"), f"matters/{matter_id}/readings").status_code == 403
    assert get(world, world.browser("health.leader"), f"matters/{matter_id}").status_code == 404


def test_a_unit_that_declined_is_told_so_on_its_desk(world: World) -> None:
    matter_id = named(world)
    client = world.browser("health.director")
    answer = post(world, client, matter_id, "decline", code="not_ours", reason="不属本委职责")
    assert "已退回交办" in client.get(answer.location).get_data(as_text=True)
    assert get(world, client, f"matters/{matter_id}").status_code == 404


def test_the_signer_of_a_confidential_report_who_sent_it_back_is_told_so_on_his_desk(world: World) -> None:
    matter_id = world.assign(world.register(confidential=True), handler="health.handler")
    report_id = world.submit(world.progress(world.acknowledge(matter_id)))
    client = world.browser("health.director")
    answer = client.post(
        world.url(f"reports/{report_id}/send-back"), data={"csrf_token": world.token(client), "step": "1", "reason": "请写明责任人"}
    )
    assert answer.status_code == 303
    assert "已退回承办人" in client.get(answer.location).get_data(as_text=True)
    assert get(world, client, f"matters/{matter_id}").status_code == 404


def test_the_head_finds_the_reading_log_on_the_shell(world: World) -> None:
    matter_id = world.assign(world.register(confidential=True), handler="health.handler")
    address = world.url(f"matters/{matter_id}/readings")
    assert address in get(world, world.browser("city.head"), f"matters/{matter_id}").get_data(as_text=True)
    assert address not in get(world, world.browser("city.supervisor"), f"matters/{matter_id}").get_data(as_text=True)


def test_more_time_is_asked_for_with_the_present_and_the_latest_day_in_sight(world: World) -> None:
    matter_id = world.at_work()
    shown = get(world, world.browser("health.handler"), f"matters/{matter_id}/extension").get_data(as_text=True)
    assert "现定期限" in shown
    assert "最迟可延至" in shown


def test_forwarding_beside_or_above_is_refused_beside_the_field_once(world: World) -> None:
    matter_id = county_at_work(world)
    answer = post(world, world.browser("county.liaison"), matter_id, "forward", units="市财政局")
    words = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "请选择本单位的下级单位" in words
    assert "不在交办单位辖内" not in words


def test_the_timeline_says_each_unit_once(world: World) -> None:
    matter_id = named(world)
    client = world.browser("health.director")
    post(world, client, matter_id, "decline", code="not_ours", reason="不属本委职责")
    page = get(world, world.browser("city.supervisor"), f"matters/{matter_id}").get_data(as_text=True)
    line = re.search(r"<strong>退回交办.*?</p>", page, re.S)
    assert line is not None
    assert line.group().count("市卫生健康委员会") == 1


def test_a_matters_page_lies_under_the_register(world: World) -> None:
    page = get(world, world.browser("city.supervisor"), f"matters/{named(world)}").get_data(as_text=True)
    assert re.search(r'href="[^"]*/instructions" aria-current="page"', page)


def test_the_slip_is_printed_for_readers(world: World) -> None:
    matter_id = named(world)
    assert "交办单" in get(world, world.browser("health.handler"), f"matters/{matter_id}/slip").get_data(as_text=True)
    assert get(world, world.browser("township.handler"), f"matters/{matter_id}/slip").status_code == 404


def test_exactly_one_act_is_the_thing_to_do_next(world: World) -> None:
    matter_id = named(world)
    page = get(world, world.browser("health.handler"), f"matters/{matter_id}").get_data(as_text=True)
    assert page.count('class="btn btn-primary"') == 1


def test_the_first_line_of_a_closed_one_says_when_and_that_it_was_reported_in_time(world: World) -> None:
    with clock.set_to(clock.at(date(2026, 3, 4), 10)):
        matter_id = world.under_review()
        with world.work("city.supervisor"):
            enact(world.actor("city.supervisor"), verbs.CLOSE, matter_id, Said())
    shown = world.browser("health.handler").get(world.url(f"matters/{matter_id}")).get_data(as_text=True)
    assert "3月4日办结，按期报结" in shown


def test_a_review_that_returned_the_report_is_no_tick_in_the_chain(world: World) -> None:
    matter_id = world.under_review()
    with world.work("city.supervisor"):
        enact(
            world.actor("city.supervisor"),
            verbs.RETURN_FOR_REWORK,
            matter_id,
            reviewing.Return(failed=("facts",), words="补充责任追究"),
        )
    shown = world.browser("health.handler").get(world.url(f"matters/{matter_id}")).get_data(as_text=True)
    assert re.search(r'<li class="back"><b>审核</b>.*?已退回', flat(shown))
