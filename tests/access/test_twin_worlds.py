"""Twin worlds: two copies of one database, alike to the last id, but for a confidential matter that lives in one of them
(or has other words in each). Whoever may not know gets the same answers in both, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from difflib import unified_diff
from functools import partial
from io import BytesIO
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.engine import URL
from werkzeug.test import TestResponse

from portal.access.actor import SYSTEM
from portal.access.record import Record
from portal.access.roles import Role
from portal.access.visibility import as_seen_by
from portal.app import check_ready, create_app
from portal.config import Settings
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import db
from portal.local import provision
from portal.matters import queries, verbs
from portal.matters.models import Matter, State
from portal.matters.service import assigning, attaching
from portal.matters.workflow import enact
from portal.network.models import Post
from portal.network.service.delegating import delegate, end_delegation
from portal.staffing.service.appointing import end_post
from portal.workflow.verbs import Said
from tests.at_the_door import csrf_token
from tests.conftest import PASSWORDS, Database
from tests.instructions.test_importing import book, row
from tests.notify.model import sweep
from tests.world import World, make_world

DAY = date(2026, 11, 2)
TITLE, LEADER = "关于青砚计划的情况反映", "张书记"
OUTSIDERS = {
    "health.director": ("overdue",),
    "health.deputy": ("overdue", "in sign-off"),  # the chain is not there yet
    # Each at its beginning, through every page, and once later, where it would show.
    **dict.fromkeys(
        ("health.liaison", "health.leader", "city.secretariat", "city.deputy", "city.auditor", "nobody"), ("overdue", "in sign-off")
    ),
    **dict.fromkeys(
        ("health.handler2", "finance.handler", "county.supervisor", "city.duty", "city.system", "city.security", "passer-by"),
        ("overdue", "closed"),
    ),
    "city.director": ("in sign-off",),  # stands in for a supervisor, confidential matters not covered
    "city.leader": ("closed",),  # reads it, but his password was reset
}
OF_EACH_KIND = (
    "health.deputy", "health.liaison", "finance.handler", "county.supervisor", "city.secretariat", "city.auditor", "nobody",
    "passer-by",
)  # fmt: skip
"""Who asks where the most stand: half of the addresses that tell of matters, and once more, later, the other half; a fourth of
the others and half of the further ways. So each is asked at each stage by several, and by everybody. Who is not named here asks
once, later, where it would show. Everybody everything: make test-all."""
SUSPENDED = "city.leader"
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
JSON = {"Accept": "application/json"}
WHOLE, NOTHING = slice(None), slice(0)
UUIDS = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
TOKENS = re.compile(r'(X-CSRFToken": |name="csrf_token" value=)"[^"]+"')

# Every address that names a record, and the marks of the secret one that may stand in it.
RECORD = re.compile(r"<uuid:(matter_id|report_id|attachment_id)>")

# Where matters are told of: desk, register, the pages of one, messages, what officers see of them.
TELLING = re.compile(r"/<slug:city>/($|instructions$|matters/|reports/|attachments/|messages|officers/(journal|health))")


class Asked(NamedTuple):
    """What somebody asks: of the addresses that tell of matters and the acts, of the others, of the further ways of asking."""

    telling: slice = WHOLE
    others: slice = WHOLE
    ways: slice = WHOLE


def asked_by(name: str, stage: str, *, full: bool) -> Asked | None:
    """What this outsider asks at this stage; nothing where it is not theirs."""
    stages = OUTSIDERS[name]
    if full:
        return Asked() if stage in stages else None
    if name not in OF_EACH_KIND:
        return Asked(others=NOTHING, ways=NOTHING) if stage == stages[-1] else None
    place = OF_EACH_KIND.index(name)
    if stage == stages[0]:
        return Asked(every(2, place), every(4, place), every(2, place))
    return Asked(every(2, place + 1), NOTHING, NOTHING) if stage in stages else None


def every(nth: int, place: int) -> slice:
    """Every second, third …, whoever asks taking turns."""
    return slice(place % nth, None, nth)


class Secret:
    """A confidential matter and the records below it, known to the test alone."""

    def __init__(self, matter_id: UUID | None = None) -> None:
        self.matter_id = self.report_id = self.attachment_id = matter_id or uuid4()
        self.number = "温督密〔2026〕1号"


@pytest.fixture(scope="module")
def twins(
    new_database: Callable[[str], Database], postgres: URL, redis_url: str, keys: dict[str, str]
) -> Iterator[Callable[[], tuple[World, World]]]:
    """Makes two copies of one small world with a few open matters; everybody's browsers are signed in, in both."""
    apps: list[Flask] = []

    def portal(database: Database) -> Flask:
        settings = Settings.from_environment(keys | {"DATABASE_URL": database.app_url, "REDIS_URL": redis_url})
        apps.append(check_ready(create_app(settings, TESTING=True, SIGN_IN_LIMIT="100000 per minute")))
        return apps[-1]

    first = new_database("twin")
    app = portal(first)
    with clock.set_to(clock.at(DAY, 9)):
        origin = make_world(app, "twins")
        origin.at_work(title="关于医院停车难的情况反映")
        origin.assign(origin.register(title="关于校车安全的情况反映"), to="county_health")
        origin.assign(origin.register(title="关于财政票据的情况反映"), to="finance")
    copies = 0

    def make() -> tuple[World, World]:
        nonlocal copies
        made = []
        with app.app_context():
            db.engine.dispose()
        for _twin in range(2):
            copies += 1
            name = f"{first.name}_{copies}"
            provision.create_database(postgres, name, first.name)
            made.append(replace(origin, app=portal(Database(name, provision.access(postgres, PASSWORDS, name)))))
        return made[0], made[1]

    yield make
    for each in apps:
        with each.app_context():
            db.engine.dispose()


@contextmanager
def known_as(matter_id: UUID) -> Iterator[None]:
    """What is registered now gets this id: rows of one day stand in the order of their ids."""

    def named(_record: Record, _args: object, given: dict[str, object]) -> None:
        given["id"] = matter_id

    event.listen(Record, "init", named)
    try:
        yield
    finally:
        event.remove(Record, "init", named)


@contextmanager
def somebody_comes_and_leaves(world: World) -> Iterator[None]:
    """Meanwhile finance.handler is a supervisor of the city too; afterwards the secretariat has ended that post."""
    with clock.set_to(clock.at(DAY, 9, 1)), world.work("city.secretariat"):
        office = world.unit("city_supervision")
        post = Post(
            person_id=world.people["finance.handler"], unit_id=office.id, for_unit_id=office.acts_for_id, role=Role.SUPERVISOR,
            from_on=DAY,
        )  # fmt: skip
        db.session.add(post)
        db.session.flush()
        post_id = post.id
    yield
    with clock.set_to(clock.at(DAY, 9, 3)), world.work("city.secretariat"):
        end_post(world.actor("city.secretariat"), post_id, to_on=DAY, reason="借调期满")


@contextmanager
def somebody_stands_in(world: World) -> Iterator[None]:
    """Meanwhile city.duty stands in for the head, in confidential matters too; afterwards he does not."""
    with clock.set_to(clock.at(DAY, 9, 5)), world.work("city.head"):
        head = world.actor("city.head")
        lent = delegate(
            head, world.posts["city.head"], world.people["city.duty"], clock.now(), clock.now() + timedelta(days=1), True
        ).id
    yield
    with clock.set_to(clock.at(DAY, 9, 7)), world.work("city.head"):
        end_delegation(world.actor("city.head"), lent)


def somebody_is_reset_and_somebody_lends_a_little(world: World) -> None:
    """From now on the linked leader may be somebody else; and a supervisor has somebody stand in, not in what is confidential."""
    with clock.set_to(clock.at(DAY, 9, 8)), world.work("city.supervisor"):
        leader = db.session.get(Person, world.people[SUSPENDED])
        assert leader is not None
        leader.suspended_at = clock.now()
        actor, until = world.actor("city.supervisor"), clock.now() + timedelta(days=80)
        delegate(actor, world.posts["city.supervisor"], world.people["city.director"], clock.now(), until, False)


def live(
    world: World,
    until: str,
    secret: Secret,
    *,
    title: str = TITLE,
    leader: str = LEADER,
    words: str = "已召开专题会议。",
    handler: str = "health.handler",
) -> None:
    """A confidential matter's life in this world, as far as it is to be lived: registered by somebody who leaves, assigned
    by somebody who stands in."""
    minutes = iter(range(10, 60, 2))

    def at(minute: int | None = None) -> AbstractContextManager[None]:
        return clock.set_to(clock.at(DAY, 9, minute or next(minutes)))

    with somebody_comes_and_leaves(world), at(2), known_as(secret.matter_id):
        world.register("finance.handler", confidential=True, title=title, leader="city.leader")
        with world.work("finance.handler"):
            found = queries.get_matter(world.actor("finance.handler"), secret.matter_id)
            secret.number = str(found.number)
            secret.attachment_id = attaching.attach_to_matter(
                world.actor("finance.handler"), found, [(f"{title}.txt", BytesIO(words.encode()))]
            )[0].id
    with somebody_stands_in(world), at(6):
        world.assign(secret.matter_id, by="city.duty", handler=handler)
    with at():
        world.progress(world.acknowledge(secret.matter_id, handler), handler, words)
    if until == "overdue":
        return
    with at():
        secret.report_id = world.submit(secret.matter_id, handler)
    if until == "in sign-off":
        return
    with at():
        world.sign(secret.report_id, "health.director", "health.deputy")
    with at(), world.work("city.head"):
        enact(
            world.actor("city.head"),
            verbs.NAME_REVIEWER,
            secret.matter_id,
            assigning.Naming(post_id=world.posts["city.supervisor"]),
        )
    with at(), world.work("city.supervisor"):
        enact(world.actor("city.supervisor"), verbs.CLOSE, secret.matter_id, Said())


def live_without(world: World) -> None:
    """The same people come, stand in and go, and there is nothing."""
    with somebody_comes_and_leaves(world):
        pass
    with somebody_stands_in(world):
        pass


def addresses(world: World, secret: Secret, asked: Asked) -> list[str]:
    """Pages where matters are told of, those of one record with the secret one's id, questions that would betray it, and all
    other pages: of each kind those wanted."""
    found: list[str] = []
    besides: list[str] = []
    for rule in world.app.url_map.iter_rules():
        if (
            "GET" in (rule.methods or ())
            and rule.rule.startswith("/<slug:city>/")
            and "network/units" not in rule.rule
            and "journal/export" not in rule.rule  # a workbook of what the journal's page says
        ):
            path = RECORD.sub(lambda id_of: str(getattr(secret, id_of[1])), rule.rule.replace("<slug:city>", world.slug))
            telling = TELLING.match(rule.rule)
            (found if telling else besides).append(re.sub(r"<[^>]+>", str(secret.matter_id), path))
    words = {
        "q": (TITLE[2:6], secret.number, "温督密", LEADER),
        "unit": ("330300-WJ",),
        "leader": (LEADER,),
        "when": ("late",),
        "state": ("in_sign_off", "closed"),
        "task": ("any",),
        "source": ("city",),
    }
    questions = [f"?{name}={value}" for name, values in words.items() for value in values]
    found += [world.url("instructions") + question for question in questions]
    found += [world.url(f"network/units/{world.units['health']}")]
    found += [world.url(f"network/{page}?q={word}") for page in ("suggest", "suggest-leaders") for word in ("市", "青砚")]
    found += [world.url(f"messages/{secret.matter_id}/open")]
    workbooks = [world.url("instructions/export") + question for question in questions]  # which hold what the list does
    return [*found[asked.telling], *besides[asked.others], *workbooks[asked.ways]]


def masked(answer: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    """An answer without what differs from one asking to the next: tokens of forms, and the session's own cookie."""
    headers = sorted(
        (name, value.partition("=")[0] if name == "Set-Cookie" else UUIDS.sub("ID", value))
        for name, value in answer.headers.items()
        if name not in ("Date", "Expires")
    )
    body = answer.data
    if answer.mimetype in ("text/html", "application/json"):
        text = exempted(TOKENS.sub(r"\1", answer.get_data(as_text=True)))
        body = UUIDS.sub("ID", text).encode()
    answer.close()
    return answer.status_code, headers, body


def exempted(text: str) -> str:
    """Without what officers are told openly: that there are restricted entries, and totals of the machinery."""
    text = re.sub(r'<tr role="row" class="restricted">.*?</tr>\s*', "", text, flags=re.S)
    text = re.sub(r"(officers/journal\?(?:before|after)=)\d+", r"\1N", text)
    return re.sub(r"<strong>(?:数据库|待发信件|队列|工作进程|磁盘)</strong>.*?</tr>", "", text, flags=re.S)


def browser(world: World, name: str) -> FlaskClient:
    """That person's browser, or a stranger's."""
    return world.app.test_client() if name == "passer-by" else world.browser(name)


def script(world: World, name: str, secret: Secret, asked: Asked) -> dict[str, object]:
    """Everything an outsider can think of asking and sending, with the answers, as far as it is wanted."""
    client, heard = browser(world, name), {}
    for address in addresses(world, secret, asked):
        heard[address] = masked(client.get(address))
    ways = {
        "HEAD": client.head,
        "part": partial(client.get, headers=PARTIAL),
        "json": partial(client.get, headers=JSON),
        "DELETE": client.delete,
    }
    paths = (
        "",
        "instructions",
        f"matters/{secret.matter_id}",
        f"reports/{secret.report_id}",
        f"attachments/{secret.attachment_id}",
        f"instructions?q={secret.number}",
    )
    for path, way in [(path, way) for path in paths for way in ways][asked.ways]:
        heard[f"{way} {path}"] = masked(ways[way](world.url(path)))
    token = csrf_token(client, world.url("sign-in" if name == "passer-by" else "password"))
    acts = ("acknowledge", "urge", "progress", "assign", "withdraw", "attach", "name-handler", "report")
    for act in acts[asked.telling]:
        heard[f"POST {act}"] = masked(
            client.post(
                world.url(f"matters/{secret.matter_id}/{act}"),
                data={"csrf_token": token, "version": "1", "words": "试", "reason": "试"},
            )
        )
    heard["POST sign"] = masked(client.post(world.url(f"reports/{secret.report_id}/sign"), data={"csrf_token": token}))
    heard["POST read"] = masked(client.post(world.url(f"messages/{secret.matter_id}/open"), data={"csrf_token": token}))
    heard["POST tick"] = masked(
        client.post(world.url("instructions/assign"), data={"csrf_token": token, "pick": [str(secret.matter_id)]})
    )
    return heard


def differences(first: dict[str, object], second: dict[str, object]) -> dict[str, list[str]]:
    """The questions that were answered differently, each with the lines that differ."""
    assert first.keys() == second.keys()
    return {
        asked: list(unified_diff(lines(said), lines(second[asked]), lineterm="", n=0))
        for asked, said in first.items()
        if said != second[asked]
    }


def lines(answer: object) -> list[str]:
    assert isinstance(answer, tuple)
    status, headers, body = answer
    return [str(status), *map(str, headers), *body.decode(errors="replace").splitlines()]


@pytest.mark.parametrize(
    "full", [pytest.param(False, id=pytest.HIDDEN_PARAM), pytest.param(True, marks=pytest.mark.full, id="full")]
)
@pytest.mark.parametrize("stage", ["overdue", "in sign-off", "closed"])
def test_an_outsider_cannot_tell_whether_it_exists(twins: Callable[[], tuple[World, World]], stage: str, full: bool) -> None:
    without, having = twins()
    secret = Secret()
    live(having, stage, secret)
    live_without(without)
    for world in (without, having):
        somebody_is_reset_and_somebody_lends_a_little(world)
    later = clock.at(DAY, 10) if stage != "overdue" else clock.at(DAY + timedelta(days=50), 10)
    with clock.set_to(later):
        for world in (without, having):
            sweep(world, later)
        if stage == "closed":
            an_open_report_goes_out_under_the_same_number(without, having)
        for name in OUTSIDERS:
            if asked := asked_by(name, stage, full=full):
                assert differences(*(script(world, name, secret, asked) for world in (without, having))) == {}, name
        assert TITLE in having.browser("health.handler").get(having.url("instructions")).get_data(as_text=True)
        next_numbers_are_equal(without, having)
        importing_it_once_more_is_judged_alike(without, having)


def an_open_report_goes_out_under_the_same_number(*worlds: World) -> None:
    """The unit's next open report leaves no gap behind the confidential one, for whoever reads it."""
    heard = []
    for world in worlds:
        with world.work():
            matter_id = db.session.scalars(
                select(Matter.id).where(Matter.state == State.IN_PROGRESS, ~Matter.confidential).options(as_seen_by(SYSTEM))
            ).one()
        report_id = world.sign(world.submit(matter_id), "health.director", "health.deputy")
        answer = world.browser("health.leader").get(world.url(f"reports/{report_id}"))
        assert "温卫〔2026〕1号" in answer.get_data(as_text=True)
        heard.append({"report": masked(answer)})
    assert differences(*heard) == {}


def next_numbers_are_equal(*worlds: World) -> None:
    """No gap betrays it: neither in the number of what is registered next, nor in what an outsider reads of it."""
    numbers = []
    for world in worlds:
        made = [world.assign(world.register(), to="finance"), world.register("county.supervisor", unit="county")]
        seen = world.browser("finance.liaison").get(world.url("instructions")).get_data(as_text=True)
        numbers.append([world.matter(matter_id).number for matter_id in made] + sorted(re.findall(r"〔\d+〕\d+号", seen)))
    assert numbers[0] == numbers[1] != []


def importing_it_once_more_is_judged_alike(*worlds: World) -> None:
    """Nor does the judgement on duplicates, for whoever may not read it."""
    said = []
    today = clock.today()
    workbook = book(
        row(
            登记单位代码="330324",
            主办单位代码="330324-WJ",
            协办单位代码=None,
            来文标题=TITLE,
            批示领导=LEADER,
            批示日期=today - timedelta(days=1),
            收到日期=today,
            是否保密="是",
        )
    )
    for world in worlds:
        client = world.browser("county.supervisor")
        answer = client.post(
            world.url("instructions/import"), data={"csrf_token": world.token(client), "workbook": (BytesIO(workbook), "book.xlsx")}
        )
        assert answer.status_code == 303, answer.get_data(as_text=True)
        address = answer.headers["Location"]
        judged = masked(client.get(address))
        client.post(address, data={"csrf_token": world.token(client), "how": "good"})
        listed = client.get(world.url("instructions")).get_data(as_text=True)
        # Rows of one day stand in the order of their ids, which are random.
        said.append([judged, masked(client.get(address)), sorted(re.findall(r"〔\d+〕\d+号", listed))])
    assert said[0] == said[1]


# Of what does not tell of matters each of the two asks every second.
@pytest.mark.parametrize("nth", [pytest.param(2, id=pytest.HIDDEN_PARAM), pytest.param(1, marks=pytest.mark.full, id="full")])
def test_a_shell_says_nothing_of_its_content(twins: Callable[[], tuple[World, World]], nth: int) -> None:
    worlds, first = twins(), Secret()
    secrets = (first, Secret(first.matter_id))
    live(worlds[0], "in sign-off", secrets[0])
    live(
        worlds[1],
        "in sign-off",
        secrets[1],
        title="关于另一件长得多的事情的反映（补充材料之二）",
        words="已查。" * 40,
        handler="health.handler2",
    )
    heard = []
    for world, secret in zip(worlds, secrets, strict=True):
        with clock.set_to(clock.at(DAY, 10)):
            sweep(world, clock.at(DAY, 10))
            for place, name in enumerate(("city.head", "city.supervisor")):
                wanted = Asked(others=every(nth, place), ways=every(nth, place))
                heard.append(
                    {
                        UUIDS.sub("ID", asked): said
                        for asked, said in script(world, name, secret, wanted).items()
                        if "/readings" not in asked
                    }
                )  # which shows the head who read it
    assert differences(heard[0], heard[2]) == {}
    assert differences(heard[1], heard[3]) == {}


def test_the_importer_of_one_that_is_assigned_reads_no_word_of_it(twins: Callable[[], tuple[World, World]]) -> None:
    """Two workbooks that differ in every word of a confidential row: once that is assigned, the pages of both imports and what
    they download are alike for whoever brought them in, and no other of their pages holds a word of it."""
    heard = []
    other = {
        "来文标题": "关于另一件长得多的事情的反映（补充材料之二）",
        "批示领导": "李书记",
        "批示内容": "另行研究，速报。",
        "来文字号": None,
    }
    same = {"是否保密": "是", "协办单位代码": None, "批示日期": DAY - timedelta(days=1), "收到日期": DAY}
    for world, words in zip(twins(), ({"来文标题": TITLE, "批示领导": LEADER, "批示内容": "青砚一事请阅。"}, other), strict=True):
        with clock.set_to(clock.at(DAY, 10)):
            client = world.browser("city.supervisor")
            sent = {"csrf_token": world.token(client), "workbook": (BytesIO(book(row(**same, **words))), "登记表.xlsx")}
            address = client.post(world.url("instructions/import"), data=sent).headers["Location"]
            assert words["来文标题"] in client.get(address).get_data(as_text=True)
            client.post(address, data={"csrf_token": world.token(client), "how": "good"})
            with world.work():
                made = db.session.scalars(select(Matter.id).where(Matter.confidential).options(as_seen_by(SYSTEM))).one()
            world.assign(made, handler="health.handler")
            sweep(world, clock.now())
            pages = (address, f"{address}/report", f"{address}/assigned", world.url("instructions/import"))
            said = {UUIDS.sub("ID", path): masked(client.get(path)) for path in pages}
            others = ("", "instructions", "instructions?sort=received", "messages", f"matters/{made}", "instructions/register")
            everywhere = [*said.values(), *(masked(client.get(world.url(path))) for path in others)]
            assert not [
                answer for answer in everywhere if any(word in str(lines(answer)) for word in ("一事请阅", "长得多", "另行研究"))
            ]
            heard.append(said)
    assert differences(*heard) == {}
