"""The closing report: begun by a button and by nothing else, never lost, compared with what was submitted before it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.deadlines.rules import SourceLevel
from portal.kernel.db import db
from portal.local.postgres import conninfo
from portal.matters import verbs
from portal.matters.models import Matter
from portal.matters.service import extending, reporting, reviewing
from portal.matters.workflow import enact
from portal.papers.models import Paper, SignOff, Submission
from portal.vault.encrypted_fields import canonical_digest
from portal.workflow.verbs import Said
from tests.world import World

MOST_STATEMENTS = 8
JSON = {"Accept": "application/json"}


def shown(world: World, by: str, path: str) -> str:
    answer = world.browser(by).get(world.url(path))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def status(world: World, by: str, path: str) -> int:
    return world.browser(by).get(world.url(path)).status_code


def send(world: World, client: FlaskClient, path: str, **data: Any) -> Any:
    headers = data.pop("headers", {})
    return client.post(world.url(path), data={"csrf_token": world.token(client), **data}, headers=headers)


def begin(world: World, client: FlaskClient, matter_id: UUID, **data: Any) -> Any:
    data.setdefault("version", world.matter(matter_id).version)
    return send(world, client, f"matters/{matter_id}/report/begin", **data)


def acknowledged(world: World, **more: Any) -> UUID:
    return world.acknowledge(world.name_handler(world.assign(world.register(**more))))


def confidential(world: World) -> UUID:
    matter_id = world.register(confidential=True, title="关于青砚计划的情况反映", leader="city.leader")
    return world.acknowledge(world.assign(matter_id, handler="health.handler"))


def reports(world: World, matter_id: UUID) -> list[Paper]:
    with world.work():
        return list(
            db.session.scalars(select(Paper).where(Paper.record_id == matter_id).order_by(Paper.draft).options(as_seen_by(SYSTEM)))
        )


def write(world: World, matter_id: UUID, body: str, *, by: str = "health.handler") -> UUID:
    """Writes that text and submits it; the report's id."""
    with world.work(by):
        actor = world.actor(by)
        _matter, draft = reporting.open_draft(actor, matter_id)
        reporting.save_draft(actor, draft.id, None, {"body": body})
        reporting.submit_report(actor, draft.id)
        return draft.id


def send_back(world: World, report_id: UUID, by: str = "health.director", step: int = 1, reason: str = "请写明责任人") -> None:
    with world.work(by):
        reporting.send_back(world.actor(by), report_id, step=step, reason=reason)


def return_it(world: World, matter_id: UUID, reason: str = "原因未说清") -> None:
    with world.work("city.supervisor"):
        enact(world.actor("city.supervisor"), verbs.RETURN_FOR_REWORK, matter_id, reviewing.Return(failed=("cause",), words=reason))


# ------------------------------------------------------------------------------------------------------- it is begun


@pytest.fixture
def rows(world: World, database: Any) -> Iterator[Callable[[], dict[str, int]]]:
    """How many rows each table holds, of this city."""
    with psycopg.connect(conninfo(make_url(database.owner_url)), autocommit=True) as owner:
        owner.execute("select set_config('app.city', %s, false)", [str(world.id)])
        tables = [row[0] for row in owner.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()]

        def count() -> dict[str, int]:
            found = {}
            for table in tables:
                row = owner.execute(f'select count(*) from "{table}"').fetchone()
                assert row is not None
                found[table] = row[0]
            return found

        yield count


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("make", [acknowledged, World.at_work, World.under_review])
def test_looking_writes_nothing_whoever_looks(
    world: World, rows: Callable[[], dict[str, int]], method: str, make: Callable[[World], UUID]
) -> None:
    matter_id = make(world)
    readers = [world.browser(name) for name in ("health.handler", "health.leader", "city.supervisor", "township.handler")]
    before, version = rows(), world.matter(matter_id).version
    for reader in readers:
        for path in ("report", "report/begin", ""):
            reader.open(world.url(f"matters/{matter_id}/{path}".rstrip("/")), method=method)
    assert rows() == before
    assert world.matter(matter_id).version == version


def test_looking_at_a_confidential_one_writes_the_reading_alone(world: World, rows: Callable[[], dict[str, int]]) -> None:
    matter_id = confidential(world)
    client = world.browser("health.handler")
    begin(world, client, matter_id)
    before = rows()
    assert client.get(world.url(f"matters/{matter_id}/report")).status_code == 200
    after = rows()
    assert {table: after[table] - n for table, n in before.items() if after[table] != n} == {"reading": 1}


def test_the_button_begins_the_draft_and_leads_to_the_page_that_writes_it(world: World) -> None:
    matter_id = acknowledged(world)
    client = world.browser("health.handler")
    page = client.get(world.url(f"matters/{matter_id}")).get_data(as_text=True)
    assert re.search(rf'<form method="post" action="[^"]+{matter_id}/report/begin">', page)
    asked = client.get(world.url(f"matters/{matter_id}/report")).get_data(as_text=True)
    assert "开始写" in asked
    assert f"{matter_id}/report/begin" in asked
    answer = begin(world, client, matter_id)
    assert answer.status_code == 303
    assert answer.location.endswith(f"matters/{matter_id}/report")
    assert "data-autosave" in client.get(answer.location).get_data(as_text=True)
    assert world.matter(matter_id).state == "in_progress"


def test_pressed_twice_from_one_page_there_is_one_draft(world: World) -> None:
    matter_id = acknowledged(world)
    client = world.browser("health.handler")
    version = world.matter(matter_id).version
    assert [begin(world, client, matter_id, version=version).status_code for _turn in range(2)] == [303, 303]
    assert [report.draft for report in reports(world, matter_id)] == [1]


@pytest.mark.parametrize("make", [acknowledged, World.at_work])
def test_pressed_in_several_tabs_at_once_there_is_one_draft(world: World, make: Callable[[World], UUID]) -> None:
    matter_id = make(world)
    version = world.matter(matter_id).version
    tabs = [world.browser("health.handler") for _turn in range(4)]
    tokens = [world.token(tab) for tab in tabs]

    def press(place: int) -> int:
        return (
            tabs[place]
            .post(world.url(f"matters/{matter_id}/report/begin"), data={"csrf_token": tokens[place], "version": version})
            .status_code
        )

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(press, range(4))) == [303] * 4
    assert [report.draft for report in reports(world, matter_id)] == [1]


def test_it_is_begun_by_the_handler_alone_from_a_page_that_is_true_and_while_there_is_work(world: World) -> None:
    matter_id = acknowledged(world)
    version = world.matter(matter_id).version
    assert begin(world, world.browser("township.handler"), matter_id).status_code == 404
    assert begin(world, world.browser("health.leader"), matter_id).status_code == 403
    assert status(world, "health.leader", f"matters/{matter_id}/report") == 403
    handler = world.browser("health.handler")
    assert begin(world, handler, matter_id, version=version - 1).status_code == 409
    assert handler.post(world.url(f"matters/{matter_id}/report/begin"), data={"version": version}).status_code == 400
    assert reports(world, matter_id) == []
    world.submit(matter_id)
    assert begin(world, handler, matter_id).status_code == 422
    assert status(world, "health.handler", f"matters/{matter_id}/report") == 422
    assert len(reports(world, matter_id)) == 1


# ------------------------------------------------------------------------------------------------ nothing typed is lost


def test_what_was_typed_survives_when_the_draft_was_submitted_elsewhere(world: World) -> None:
    matter_id = acknowledged(world)
    client = world.browser("health.handler")
    begin(world, client, matter_id)
    world.submit(matter_id)
    typed = {"version": 1, "title": "另一页的标题", "addressee": "市委督查室", "text": "另一页写的正文。"}
    for pressed in ("save", "submit", "preview"):
        answer = send(world, client, f"matters/{matter_id}/report", go=pressed, **typed)
        assert answer.status_code == 409
        assert "另一页写的正文。" in answer.get_data(as_text=True)
        assert "另一页的标题" in answer.get_data(as_text=True)
    answer = send(world, client, f"matters/{matter_id}/report", headers=JSON, **typed)
    assert (answer.status_code, "送签" in answer.json["sentence"]) == (409, True)
    assert [report.state for report in reports(world, matter_id)] == ["in_sign_off"]
    assert "另一页" not in reports(world, matter_id)[0].body


def test_what_was_typed_survives_an_unfinished_form_and_an_older_tab(world: World) -> None:
    matter_id = acknowledged(world)
    client = world.browser("health.handler")
    begin(world, client, matter_id)
    path = f"matters/{matter_id}/report"
    answer = send(world, client, path, version=1, title="", addressee="", text="只写了正文。", go="submit")
    assert answer.status_code == 422
    assert "只写了正文。" in answer.get_data(as_text=True)
    assert send(world, client, path, version=1, text="第一页。", headers=JSON).json["version"] == 2
    answer = send(world, client, path, version=1, title="甲", addressee="乙", text="旧页写的。", go="save")
    assert answer.status_code == 409
    assert "旧页写的。" in answer.get_data(as_text=True)
    assert reports(world, matter_id)[0].body == "第一页。"


# ---------------------------------------------------------------------------------------------- two drafts are compared


def test_sent_back_the_handler_and_the_next_signers_see_what_changed(world: World) -> None:
    matter_id = world.at_work()
    report_id = write(world, matter_id, "一、情况\n已整改十处。\n二、责任\n责任不明。")
    assert status(world, "health.director", f"reports/{report_id}/changes") == 404
    assert "changes" not in shown(world, "health.director", f"reports/{report_id}")
    send_back(world, report_id, reason="请写明责任人")
    writing = shown(world, "health.handler", f"matters/{matter_id}/report")
    assert f"reports/{report_id}/changes" in writing
    assert "请写明责任人" in writing
    assert "没有改动" in shown(world, "health.handler", f"reports/{report_id}/changes")
    write(world, matter_id, "一、情况\n已整改十二处。\n二、责任\n责任不明。")
    for by in ("health.handler", "health.director", "city.supervisor"):
        assert f"reports/{report_id}/changes" in shown(world, by, f"reports/{report_id}")
        page = re.sub('<span class="visually-hidden">[^<]+</span>', "", shown(world, by, f"reports/{report_id}/changes"))
        assert "已整改十<ins>二</ins>处。" in page
        assert "请写明责任人" in page
        assert "没有改动" not in page
    assert status(world, "township.handler", f"reports/{report_id}/changes") == 404


def test_returned_the_next_draft_is_compared_with_the_one_before_heads_and_papers_too(world: World) -> None:
    matter_id = world.under_review()
    return_it(world, matter_id)
    client = world.browser("health.handler")
    begin(world, client, matter_id)
    second = reports(world, matter_id)[1]
    answer = client.post(
        world.url(f"matters/{matter_id}/report"),
        content_type="multipart/form-data",
        data={
            "csrf_token": world.token(client),
            "version": 1,
            "title": "关于电梯加装的再次报告",
            "addressee": second.addressee,
            "text": "一、基本情况\n已全部完成整改。",
            "go": "submit",
            "attachments": (io.BytesIO("表".encode()), "明细.txt"),
        },
    )
    assert answer.status_code == 303
    page = shown(world, "health.director", f"reports/{second.id}/changes")
    plain = re.sub('<span class="visually-hidden">[^<]+</span>', "", page)
    assert "<del>，群众满意</del>。" in plain
    assert "再次" in plain
    assert "<ins>明细.txt</ins>" in plain
    assert "原因未说清" in plain
    world.sign(second.id, "health.director", "health.deputy")
    assert status(world, "city.supervisor", f"reports/{second.id}/changes") == 200


def test_a_co_unit_reads_the_issued_report_and_never_what_it_was_before(world: World) -> None:
    matter_id = world.progress(world.acknowledge(world.name_handler(world.assign(world.register(), co=("finance",)))))
    report_id = write(world, matter_id, "初稿里的话。")
    send_back(world, report_id)
    write(world, matter_id, "改定的话。")
    world.sign(report_id, "health.director", "health.deputy")
    page = shown(world, "finance.liaison", f"reports/{report_id}")
    assert "改定的话。" in page
    assert "changes" not in page
    assert status(world, "finance.liaison", f"reports/{report_id}/changes") == 404


def test_a_confidential_comparison_is_for_the_audience_and_its_reading_is_written_down(
    world: World, rows: Callable[[], dict[str, int]]
) -> None:
    matter_id = world.progress(confidential(world))
    report_id = write(world, matter_id, "青砚初稿。")
    send_back(world, report_id)
    write(world, matter_id, "青砚改定稿。")
    path = f"reports/{report_id}/changes"
    before = rows()["reading"]
    for by in ("health.handler", "health.director", "city.leader"):
        assert "<ins>" in shown(world, by, path)
    assert rows()["reading"] == before + 3
    for by in ("health.deputy", "health.leader", "health.liaison", "city.supervisor", "city.head", "city.auditor"):
        assert status(world, by, path) == 404


def test_what_was_submitted_is_kept_as_it_was_signed_and_is_not_changed(world: World) -> None:
    matter_id = world.at_work()
    report_id = write(world, matter_id, "初稿。")
    send_back(world, report_id)
    write(world, matter_id, "改定稿。")
    with world.work():
        kept = db.session.execute(
            select(Submission, SignOff.digest)
            .join(SignOff, SignOff.id == Submission.id)
            .order_by(Submission.generation)
            .options(as_seen_by(SYSTEM))
        ).all()
        assert [row.Submission.fields["body"] for row in kept] == ["初稿。", "改定稿。"]
        assert [canonical_digest(row.Submission.fields) for row in kept] == [row.digest for row in kept]
    with pytest.raises(DBAPIError, match="permission denied"), world.work():
        db.session.execute(update(Submission).values(generation=9).options(as_seen_by(SYSTEM)))


# ---------------------------------------------------------------------------------------------------- the matter's page


def with_one_draft(world: World, **more: Any) -> UUID:
    matter_id = world.at_work(**more)
    world.submit(matter_id)
    return matter_id


def with_three_drafts(world: World) -> UUID:
    """In sign-off with its third draft, in that draft's second generation."""
    matter_id = world.under_review()
    return_it(world, matter_id)
    world.sign(write(world, matter_id, "第二稿。"), "health.director", "health.deputy")
    return_it(world, matter_id, "仍未说清")
    report_id = write(world, matter_id, "第三稿。")
    world.sign(report_id, "health.director")
    send_back(world, report_id, by="health.deputy", step=2, reason="数字前后不一")
    world.sign(write(world, matter_id, "第三稿改定。"), "health.director")
    return matter_id


@contextmanager
def as_served(world: World) -> Iterator[list[str]]:
    """The statements sent meanwhile, of an app that remembers its cities as a serving one does."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    with world.app.app_context():
        engine = db.engine
    world.app.testing = False
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
        world.app.testing = True


def statements(world: World, by: str, path: str) -> list[str]:
    client = world.browser(by)
    with as_served(world) as sent:
        assert client.get(world.url(path)).status_code == 200
        sent.clear()
        assert client.get(world.url(path)).status_code == 200
    return sent


def test_drafts_and_generations_cost_no_statement(world: World) -> None:
    costs = {}
    for make in (with_one_draft, with_three_drafts):
        matter_id = make(world)
        for by in ("health.handler", "health.deputy", "city.supervisor"):
            costs[make.__name__, by] = len(sent := statements(world, by, f"matters/{matter_id}"))
            assert len(sent) <= MOST_STATEMENTS, sent
    assert len(set(costs.values())) == 1, costs


def in_everything(world: World) -> UUID:
    """An open matter of a later round in sign-off, with co-units, papers, a closed child and a request for extension."""
    from tests.matters.test_lives import _forward

    matter_id = world.name_handler(
        world.assign(world.register(), to="county", co=("finance", "health")), "county.handler", by="county.liaison"
    )
    [child] = _forward(world, "county.liaison", matter_id, "township")
    client = world.browser("city.supervisor")
    answer = client.post(
        world.url(f"matters/{matter_id}/attach"),
        content_type="multipart/form-data",
        data={
            "csrf_token": world.token(client),
            "version": world.matter(matter_id).version,
            "attachments": (io.BytesIO("原件".encode()), "批示.txt"),
        },
    )
    assert answer.status_code == 303
    world.acknowledge(matter_id, by="county.handler")
    world.name_handler(child.id, "township.handler", by="township.liaison")
    world.acknowledge(child.id, by="township.handler")
    world.sign(world.submit(child.id, by="township.handler"), "township.director", "township.deputy")
    with world.work("county.supervisor"):
        enact(world.actor("county.supervisor"), verbs.CLOSE, child.id, Said())
    with world.work("county.handler"):
        due = world.matter(matter_id).due_on
        enact(
            world.actor("county.handler"),
            verbs.ASK_EXTENSION,
            matter_id,
            extending.Asking(until=due.fromordinal(due.toordinal() + 2), words="资料多", progress="已核查"),
        )
    earlier = world.register()
    with world.work():
        db.session.execute(
            update(Matter).where(Matter.id == matter_id).values(previous_id=earlier, round=2).options(as_seen_by(SYSTEM))
        )
    world.submit(matter_id, by="county.handler")
    return matter_id


def closed(world: World) -> UUID:
    matter_id = with_three_drafts(world)
    world.sign(reports(world, matter_id)[-1].id, "health.deputy")
    with world.work("city.supervisor"):
        enact(world.actor("city.supervisor"), verbs.CLOSE, matter_id, Said())
    return matter_id


def withdrawn(world: World) -> UUID:
    matter_id = with_one_draft(world)
    with world.work("city.supervisor"):
        enact(world.actor("city.supervisor"), verbs.WITHDRAW, matter_id, Said(words="重复"))
    return matter_id


def provincial(world: World) -> UUID:
    matter_id = with_one_draft(world, level=SourceLevel.PROVINCE)
    return matter_id


def confidential_in_sign_off(world: World) -> UUID:
    matter_id = world.progress(confidential(world))
    write(world, matter_id, "青砚。")
    return matter_id


def county_waits_for_a_child(world: World) -> UUID:
    from tests.matters.test_lives import _forward

    matter_id = world.name_handler(
        world.assign(world.register(), to="county", co=("finance",)), "county.handler", by="county.liaison"
    )
    world.progress(world.acknowledge(matter_id, by="county.handler"), by="county.handler")
    _forward(world, "county.liaison", matter_id, "township", "county_health")
    return matter_id


READERS = (
    "health.handler",
    "health.director",
    "county.handler",
    "county.director",
    "township.liaison",
    "finance.liaison",
    "city.supervisor",
    "city.head",
    "city.leader",
)


@pytest.mark.parametrize(
    "make",
    [
        World.register,
        acknowledged,
        county_waits_for_a_child,
        in_everything,
        provincial,
        confidential_in_sign_off,
        World.under_review,
        closed,
        withdrawn,
    ],
)
def test_a_matter_costs_few_statements_in_every_state_for_every_reader(world: World, make: Callable[[World], UUID]) -> None:
    matter_id = make(world)
    costs = {}
    for by in READERS:
        if status(world, by, f"matters/{matter_id}") == 200:
            costs[by] = statements(world, by, f"matters/{matter_id}")
    assert costs
    assert {by: len(sent) for by, sent in costs.items() if len(sent) > MOST_STATEMENTS} == {}, max(costs.values(), key=len)


def test_the_page_shows_all_that_is_around_the_matter(world: World) -> None:
    matter_id = in_everything(world)
    page = shown(world, "city.head", f"matters/{matter_id}")
    assert "批示.txt" in page
    assert "桥头镇" in page
    assert "资料多" in page
    assert "市财政局" in page
    assert "温督" in page.split("其他轮次")[1][:200]
    assert page.index("报结　") < page.index("签收　") < page.rindex("登记　")


def test_the_history_of_sign_off_keeps_former_generations(world: World) -> None:
    matter_id = with_three_drafts(world)
    page = shown(world, "city.supervisor", f"matters/{matter_id}")
    history = re.sub(r"<[^>]+>", " ", page.split("办理经过</h2>")[1].split("</ol>")[0])
    with world.work():
        deputy, director = world.actor("health.deputy").name, world.actor("health.director").name
    lines = [" ".join(line.split()) for line in re.split(r"(?=\d{1,2}月\d{1,2}日|\d\d:\d\d)", history)]
    back = next(line for line in lines if "送签退回" in line)
    assert deputy in back
    assert "第 3 稿" in back
    assert "数字前后不一" in back
    assert sum("核稿" in line and director in line for line in lines) == 4
    assert sum("签发" in line and deputy in line for line in lines) == 2
    assert "仍未说清" in history
    assert "原因未说清" in history


def test_the_page_that_writes_says_what_is_owed_and_whose_the_countersignature_is(world: World) -> None:
    matter_id = world.assign(world.register(), co=("finance",), countersigns=True)
    world.acknowledge(world.name_handler(matter_id))
    client = world.browser("health.handler")
    begin(world, client, matter_id)
    page = client.get(world.url(f"matters/{matter_id}/report")).get_data(as_text=True)
    label = re.search(r'<label[^>]*for="text".*?</label>', page, re.S)
    assert label is not None
    assert "选填" not in label.group()
    step = re.search(r"<b>会签</b>.*?</li>", page, re.S)
    assert step is not None
    assert "市财政局" in step.group()


def test_the_page_that_writes_says_beforehand_what_is_still_open_below(world: World) -> None:
    matter_id = county_waits_for_a_child(world)
    client = world.browser("county.handler")
    begin(world, client, matter_id)
    page = client.get(world.url(f"matters/{matter_id}/report")).get_data(as_text=True)
    assert "现在还不能办：下级还有 2 件转办事项没有办结" in page
