"""Every act × every person, and every address: the answers are those of docs/permissions.md, and a refusal changes nothing.

The persons stand to the matter as the document's relations say; what they may is asked of the same table that the
document is made of, which people sign. Every person × act × situation is judged on the matter as the database gives it to
that person; every address is then sent for real, in every third situation for one person of each answer. Every address ×
every person × every situation is sent by `make test-all`. Addresses are found in the portal's own map: a new one is tried
without being named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.engine import make_url
from werkzeug.routing import Rule

from portal.access import acts
from portal.access.actor import SYSTEM
from portal.access.policy import allowed
from portal.access.roles import Role
from portal.access.visibility import as_seen_by
from portal.commands.permission_cases import (
    CO_HANDLER,
    HANDLER,
    LEADER,
    ON_A_UNIT,
    REGISTRAR,
    RELATIONS,
    REVIEWER,
    SIGNER,
    THE_POST,
    as_seen,
    invented,
    views_of,
)
from portal.commands.permissions import done, on_record
from portal.deadlines.rules import Urgency
from portal.identity.models import Person
from portal.instructions.rules import INSTRUCTION
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Invisible
from portal.liaisons.acts import NOMINATE
from portal.local.postgres import conninfo
from portal.matters import queries, verbs
from portal.matters.acts import READ_MATTER
from portal.matters.models import Content, State
from portal.matters.service import assigning, reporting
from portal.matters.workflow import enact
from portal.network.models import Kind, Level, Post, Unit
from portal.network.routes import HIGHEST_ID
from portal.registry.acts import ACTS, ANYONE, About, Act
from portal.web.cities import OUTSIDE
from portal.workflow.verbs import Said
from tests.at_the_door import PASSWORD, stored
from tests.conftest import Database
from tests.world import World

DAY = date(2026, 11, 4)
# Who stands in which relation; those the small world lacks are added to it.
PERSONS = {
    REGISTRAR: "county.supervisor",
    21: "county.supervisor2",
    22: "county.head",
    REVIEWER: "county.reviewer",
    23: "county.duty",
    LEADER: "county.leader",
    24: "city.supervisor",
    25: "city.deputy",
    26: "county_health.liaison",
    27: "county_health.director",
    28: "county_health.deputy",
    29: "county_health.leader",
    SIGNER: "county_health.signer",
    HANDLER: "county_health.handler",
    30: "county_health.handler2",
    31: "township.liaison",
    CO_HANDLER: "township.handler",
    32: "other.supervisor",
    33: "county.secretariat",
    34: "county.editor",
    35: "city.system",
    36: "city.security",
    37: "city.auditor",
}
MORE = {
    "county.supervisor2": ("county_supervision", Role.SUPERVISOR),
    "county.reviewer": ("county_supervision", Role.SUPERVISOR),
    "county.duty": ("county_office", Role.DUTY_OFFICER),
    "county_health.signer": ("county_health", Role.DEPUTY_LEADER),
    "county_health.checker": ("county_health", Role.OFFICE_DIRECTOR),
    "county_health.handler2": ("county_health", Role.HANDLER),
    "other.supervisor": ("other_supervision", Role.SUPERVISOR),
    "county_health.secretariat": ("county_health", Role.SECRETARIAT),
    "other.secretariat": ("other_supervision", Role.SECRETARIAT),
    "county.secretariat": ("county_office", Role.SECRETARIAT),
    "county.editor": ("county_office", Role.INFORMATION_EDITOR),
}
ON_THE_NETWORK = {
    33: "county.secretariat",
    41: "county_health.secretariat",
    42: "other.secretariat",
    27: "county_health.director",
    29: "county_health.leader",
    26: "county_health.liaison",
    30: "county_health.handler2",
    22: "county.head",
    35: "city.system",
    36: "city.security",
    37: "city.auditor",
}
BY_ROLE = {
    Role.SUPERVISOR: "county.supervisor",
    Role.SUPERVISION_HEAD: "county.head",
    Role.SECRETARIAT: "county.secretariat",
    Role.INFORMATION_EDITOR: "county.editor",
    Role.DUTY_OFFICER: "county.duty",
    Role.LIAISON_OFFICER: "county_health.liaison",
    Role.HANDLER: "county_health.handler",
    Role.OFFICE_DIRECTOR: "county_health.director",
    Role.DEPUTY_LEADER: "county_health.deputy",
    Role.PRINCIPAL_LEADER: "county_health.leader",
    Role.SYSTEM_ADMIN: "city.system",
    Role.SECURITY_ADMIN: "city.security",
    Role.AUDITOR: "city.auditor",
}
STATES = (State.REGISTERED, State.ASSIGNED, State.IN_PROGRESS, State.IN_SIGN_OFF, State.UNDER_REVIEW, State.CLOSED)
ON_A_MATTER = {READ_MATTER, *done(), *on_record()}
SITUATIONS = [(state, confidential) for state in STATES for confidential in (False, True)]
# They make or end a session, or answer whoever asks in a way of their own: tests/identity.
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
AT_THE_DOOR = {"identity.sign_in", "identity.enter", "identity.sign_out", "identity.change_password", "identity.language"}
IDS = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")


def path_of(rule: Rule, known: Mapping[str, object]) -> str:
    """An address with these ids in it; every other names a record that is not there."""

    def value(name: re.Match[str]) -> str:
        one_of = re.search(r"any\((\w+)", name[0])
        absent = HIGHEST_ID if "int" in name[0] else uuid4() if "uuid" in name[0] else "absent"
        return str(known.get(name[1], one_of[1] if one_of else absent))

    return IDS.sub(value, rule.rule)


@dataclass
class Case:
    """A world with one matter in one state, and everybody's browsers."""

    world: World
    matter_id: UUID
    owner_url: str
    version: int = 1
    report_id: UUID = field(default_factory=uuid4)
    browsers: dict[str, tuple[FlaskClient, str]] = field(default_factory=dict)

    def browser(self, person: str) -> tuple[FlaskClient, str]:
        if person not in self.browsers:
            client = self.world.browser(person)
            self.browsers[person] = client, self.world.token(client)
        return self.browsers[person]

    def ask(self, person: str, rule: Rule, *, stale: bool = False) -> int:
        """Sends it as a browser would: a form nobody filled in, from the page as it is now or a stale one; where nothing
        can be sent, the page is opened."""
        client, token = self.browser(person)
        path = path_of(
            rule,
            {
                "city": self.world.slug,
                "matter_id": self.matter_id,
                "report_id": self.report_id,
                "unit_id": self.world.units["county_health"],
                "post_id": self.world.posts["county_health.liaison"],
                "person_id": self.world.people["county_health.liaison"],
            },
        )
        if "POST" not in (rule.methods or ()):
            return client.get(path, headers=PARTIAL).status_code
        version = "987654321" if stale else str(self.version)
        return client.post(path, headers=PARTIAL, data={"csrf_token": token, "version": version, "saved": version}).status_code

    def counted(self) -> dict[str, int]:
        """How many rows each table has, and how often the matter was moved."""
        with psycopg.connect(conninfo(make_url(self.owner_url))) as owner:
            owner.execute("select set_config('app.city', %s, false)", [str(self.world.id)])
            tables = [
                row[0]
                for row in owner.execute(
                    "select tablename from pg_tables where schemaname = 'public' and tablename not in "
                    "('reading', 'sign_in_session', 'journal_entry', 'pace', 'alembic_version')"
                ).fetchall()
            ]
            found = {name: owner.execute(f'select count(*) from "{name}"').fetchone() for name in tables}
            moved = owner.execute("select sum(version) from matter").fetchone()
        return {name: row[0] if row else 0 for name, row in found.items()} | {"moved": moved[0] if moved else 0}


@pytest.fixture(scope="module")
def make_case(app: Flask, database: Database, new_world: Callable[[], World]) -> Iterator[Callable[[State, bool], Case]]:
    """Plays a matter of a county's supervision office for one of its departments into a state."""
    with clock.set_to(clock.at(DAY, 9)):
        yield lambda state, confidential: case_of(new_world(), database.owner_url, state, confidential)


def peopled(world: World) -> World:
    """The small world, with the persons it lacks."""
    with world.work():
        other = Unit(
            code="330382",
            name="乐清市",
            short_name="乐清",
            level=Level.COUNTY,
            kind=Kind.PARTY_COMMITTEE,
            parent_id=world.units["city"],
            path=[],
        )
        db.session.add(other)
        db.session.flush()
        other.path = [world.units["city"], other.id]
        office = Unit(
            code="330382-DC",
            name="乐清市委督查室",
            short_name="乐清督查室",
            level=Level.COUNTY,
            kind=Kind.SUPERVISION_OFFICE,
            parent_id=other.id,
            path=[],
        )
        db.session.add(office)
        db.session.flush()
        office.path = [*other.path, office.id]
        world.units["other_supervision"] = office.id
        department = world.unit("county_health")
        below = Unit(
            code=f"{department.code}-1",
            name="永嘉县卫生监督所",
            short_name="永嘉卫监所",
            level=Level.COUNTY,
            kind=Kind.DEPARTMENT,
            parent_id=department.id,
            path=[],
        )
        db.session.add(below)
        db.session.flush()
        below.path = [*department.path, below.id]
        for number, (name, (unit_key, role)) in enumerate(MORE.items()):
            person = Person(
                sign_in_name=name,
                name=f"甲{'乙丙丁戊己庚辛壬癸子丑'[number]}",
                password_hash=stored(PASSWORD),
                created_at=clock.now(),
            )
            db.session.add(person)
            db.session.flush()
            unit = world.unit(unit_key)
            post = Post(person_id=person.id, unit_id=unit.id, for_unit_id=unit.acts_for_id, role=role, from_on=date(2020, 1, 1))
            db.session.add(post)
            db.session.flush()
            world.people[name], world.posts[name] = person.id, post.id
    return world


def case_of(world: World, owner_url: str, state: State, confidential: bool) -> Case:
    case = played(world, owner_url, state, confidential)
    case.version = world.matter(case.matter_id).version
    return case


def played(world: World, owner_url: str, state: State, confidential: bool) -> Case:
    peopled(world)
    by, handler = "county.supervisor", "county_health.handler"
    case = Case(
        world,
        world.register(by, unit="county", confidential=confidential, urgency=Urgency.URGENT, leader="county.leader"),
        owner_url,
    )
    if state == State.REGISTERED:
        return case
    world.assign(
        case.matter_id, "county_health", by, co=() if confidential else ("township",), handler=handler if confidential else None
    )
    if confidential:
        with world.work():
            content = db.session.scalars(
                select(Content).options(as_seen_by(SYSTEM)).where(Content.record_id == case.matter_id)
            ).one()
            content.reviewer_id = world.people["county.reviewer"]
    else:
        world.name_handler(case.matter_id, handler, "county_health.liaison")
        with world.work("township.liaison"):
            enact(
                world.actor("township.liaison"),
                verbs.NAME_CO_HANDLER,
                case.matter_id,
                assigning.Naming(post_id=world.posts["township.handler"]),
            )
    if state == State.ASSIGNED:
        return case
    world.progress(world.acknowledge(case.matter_id, handler), handler)
    if state == State.IN_PROGRESS:
        return case
    with world.work(handler):
        actor = world.actor(handler)
        _matter, draft = reporting.open_draft(actor, case.matter_id)
        reporting.save_draft(actor, draft.id, None, {"body": "一、基本情况\n已全部完成整改，群众满意。"})
        reporting.submit_report(
            actor, draft.id, named={1: world.people["county_health.checker"], 2: world.people["county_health.signer"]}
        )
        case.report_id = draft.id
    world.sign(case.report_id, "county_health.checker")
    if state == State.IN_SIGN_OFF:
        return case
    world.sign(case.report_id, "county_health.signer")
    if state == State.CLOSED:
        reviewer = "county.reviewer" if confidential else by
        with world.work(reviewer):
            enact(world.actor(reviewer), verbs.CLOSE, case.matter_id, Said())
    return case


def routes(app: Flask, wanted: Callable[[Act, Rule], bool]) -> list[tuple[Rule, Act]]:
    """Addresses with their acts."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OUTSIDE | AT_THE_DOOR:
            continue
        act: Act = app.view_functions[rule.endpoint].declared_act  # type: ignore[attr-defined]
        if wanted(act, rule):
            found.append((rule, act))
    return sorted(found, key=lambda one: (one[0].rule, sorted(one[0].methods or ())))


def of_a_matter(act: Act, rule: Rule) -> bool:
    """About one matter, and judged by the policy on it."""
    return "matter_id" in rule.arguments <= {"city", "matter_id"} and act.rows != ANYONE


Situation = tuple[int, Case]
Cell = tuple[int, int]  # a situation's place, a relation's number


@cache
def documented() -> dict[Act, dict[Cell, str]]:
    """What docs/permissions.md says of every act in every situation to everybody: invisible, refused or admitted."""
    said: dict[Act, dict[Cell, str]] = {act: {} for act in ON_A_MATTER}
    for place, (state, confidential) in enumerate(SITUATIONS):
        matter = invented(INSTRUCTION, state, confidential)
        views = views_of(matter)
        for relation in RELATIONS:
            view = views.get(relation.number)
            for act, answers in said.items():
                may = view is not None and allowed(relation.actor, act, as_seen(matter, view))
                answers[place, relation.number] = "invisible" if view is None else "admitted" if may else "refused"
    return said


def chosen(turn: int, act: Act) -> set[Cell]:
    """Whom to send where for one address of this act: in every third situation, the addresses taking turns, one of those
    who may and one of those who may not; and whatever other act the address might judge by, somebody who would then be
    answered otherwise."""
    said = documented()
    cells: set[Cell] = set()
    for place in range(turn % 3, len(SITUATIONS), 3):
        for answer in ("admitted", "refused"):
            of = [cell for cell, given in said[act].items() if cell[0] == place and given == answer]
            cells |= {of[(place + turn) % len(of)]} if of else set()
    others = [{cell for cell, given in said[act].items() if said[other][cell] != given} for other in sorted(ON_A_MATTER, key=str)]
    hidden = {cell for cell, given in said[act].items() if given == "invisible"}
    for apart in (*others, hidden):
        if apart and not apart & cells:
            cells.add(sorted(apart)[turn % len(apart)])
    return cells


def said(status: int) -> str:
    """An answer, in the words of the document."""
    if status in (200, 302, 303, 409, 422):
        return "admitted"
    return {404: "invisible", 403: "refused"}.get(status, str(status))


def test_everybody_is_there() -> None:
    assert set(PERSONS) == {relation.number for relation in RELATIONS}
    assert set(BY_ROLE) == set(Role)


@pytest.fixture(
    scope="module",
    params=range(len(SITUATIONS)),
    ids=[f"{state}-{'confidential' if closed else 'open'}" for state, closed in SITUATIONS],
)
def situation(request: pytest.FixtureRequest, make_case: Callable[[State, bool], Case]) -> Situation:
    """A matter in one of its states, open or confidential, and that situation's place among them all."""
    return request.param, make_case(*SITUATIONS[request.param])


def test_the_policy_on_what_the_database_holds_is_the_documents(situation: Situation) -> None:
    place, case = situation
    assert {act for _rule, act in routes(case.world.app, of_a_matter)} < ON_A_MATTER
    wrong = []
    for relation in RELATIONS:
        person = PERSONS[relation.number]
        with case.world.work(person):
            actor = case.world.actor(person)
            try:
                found = queries.get_matter(actor, case.matter_id)
            except Invisible:
                found = None
            for act, answers in documented().items():
                answer = "invisible" if found is None else "admitted" if allowed(actor, act, found) else "refused"
                if answer != answers[place, relation.number]:
                    wrong.append(f"{person} {act}: {answer}, not {answers[place, relation.number]}")
    assert wrong == [], "\n".join(wrong)


def sent(situation: Situation, choose: Callable[[int, Act], Collection[Cell]]) -> None:
    """Sends the addresses of a matter for those whom `choose` names by the address's number and its act."""
    place, case = situation
    page = next(rule for rule in case.world.app.url_map.iter_rules() if rule.endpoint == "matters.matter")
    asked = [(page, READ_MATTER), *routes(case.world.app, of_a_matter)]
    assert len({act for _rule, act in asked}) > 15
    before, wrong = case.counted(), []
    for number, (rule, act) in enumerate(asked):
        for _place, relation in sorted(cell for cell in choose(number, act) if cell[0] == place):
            person, should = PERSONS[relation], documented()[act][place, relation]
            answer = said(case.ask(person, rule, stale=should == "admitted"))
            if answer != should:
                wrong.append(f"{person} {rule.rule} {sorted(rule.methods or ())[-1]}: {answer}, not {should}")
    assert wrong == [], "\n".join(wrong)
    assert case.counted() == before


def test_every_address_of_a_matter_asks_that_policy(situation: Situation) -> None:
    sent(situation, chosen)


@pytest.mark.full
def test_acts_on_a_matter_answer_as_the_document_says(situation: Situation) -> None:
    sent(situation, lambda _number, act: documented()[act])


def test_acts_on_a_unit_and_its_posts_answer_as_the_document_says(app: Flask, make_case: Callable[[State, bool], Case]) -> None:
    case = make_case(State.IN_PROGRESS, False)
    named = {"city", "unit_id", "post_id", "person_id", "kind"}
    own_word = "staffing.confirm_contact"  # nobody confirms for the liaison officer
    asked = routes(app, lambda act, rule: act.about is About.NETWORK and rule.arguments <= named and rule.endpoint != own_word)
    assert {act for act in ACTS if act.about is About.NETWORK} - {act for _rule, act in asked} == {
        NOMINATE
    }  # a nomination is tested in tests/staffing
    assert set(ON_THE_NETWORK) == {relation.number for relation in ON_A_UNIT}
    before, wrong = case.counted(), []
    for may in (False, True):  # what is refused first, and nothing has changed
        for relation in ON_A_UNIT:
            for rule, act in asked:
                if bool(allowed(relation.actor, act, THE_POST)) is may:
                    answer = said(case.ask(ON_THE_NETWORK[relation.number], rule, stale=True))
                    if answer != ("admitted" if may else "refused"):
                        wrong.append(f"{ON_THE_NETWORK[relation.number]} {rule.rule}: {answer}, may {may}")
        if not may:
            assert case.counted() == before
    assert wrong == [], "\n".join(wrong)


def answered_by_role(app: Flask, case: Case, wanted: Callable[[int, int, bool, Act], bool]) -> None:
    """Sends what needs no record for those roles that are wanted: of each address by number, role by number, and whether
    the role may."""
    asked = routes(app, lambda act, rule: act.about is About.NOTHING)
    assert len(asked) > 15
    wrong = []
    for place, (role, person) in enumerate(BY_ROLE.items()):
        with case.world.work(person):
            actor = case.world.actor(person)
            assert actor.has(role)
            permitted = {act: bool(allowed(actor, act)) for _rule, act in asked}
        for number, (rule, act) in enumerate(asked):
            may = permitted[act]
            if not wanted(number, place, may, act):
                continue
            answer = said(case.ask(person, rule))
            # To whom it is open a record that is not there is invisible; to whom it is not, everything is refused.
            if answer not in (("admitted", "invisible") if may else ("refused",)):
                wrong.append(f"{person} {rule.rule}: {answer}")
    assert wrong == [], "\n".join(wrong)


def test_what_needs_no_record_answers_by_role(app: Flask, make_case: Callable[[State, bool], Case]) -> None:
    """Every role for every act, and every address for somebody who may and somebody who may not: the door judges for all."""
    seen: set[object] = set()

    def wanted(number: int, place: int, may: bool, act: Act) -> bool:
        new = {(place, act), (number, may)} - seen
        seen.update(new)
        return bool(new)

    answered_by_role(app, make_case(State.IN_PROGRESS, False), wanted)
    judged = {act for _place, act in (one for one in seen if isinstance(one[1], Act))}  # type: ignore[index]
    assert judged == {act for act in ACTS if act.about is About.NOTHING}


@pytest.mark.full
def test_every_address_that_needs_no_record_answers_by_role(app: Flask, make_case: Callable[[State, bool], Case]) -> None:
    answered_by_role(app, make_case(State.IN_PROGRESS, False), lambda *_of: True)


def test_a_stranger_is_led_to_the_door_from_everywhere(app: Flask, world: World) -> None:
    wrong = []
    for rule, act in routes(app, lambda act, rule: act is not acts.OPEN_TO_ALL):
        path = path_of(rule, {"city": world.slug})
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            answer = world.app.test_client().open(path, method=method, data={} if method == "POST" else None)
            if not (answer.status_code in (302, 303) and "/sign-in" in answer.headers["Location"]):
                wrong.append((method, rule.rule, act, answer.status_code))
            answer.close()
    assert wrong == []


def test_somebody_without_a_post_gets_nowhere(app: Flask, make_case: Callable[[State, bool], Case]) -> None:
    case = make_case(State.IN_PROGRESS, False)
    answers = {
        rule.rule: said(case.ask("nobody", rule))
        for rule, act in routes(app, lambda act, rule: act.about is About.NOTHING or of_a_matter(act, rule))
    }
    assert {asked: answer for asked, answer in answers.items() if answer not in ("refused", "invisible")} == {}
