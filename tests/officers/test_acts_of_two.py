"""What takes two officers: proposed by one, carried out when another agrees, never by whom it concerns."""

from __future__ import annotations

import re
from datetime import timedelta

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.engine import make_url
from werkzeug.test import TestResponse

from portal.access.roles import Role
from portal.commands.city import city as city_commands
from portal.identity import sessions
from portal.identity.models import Person, SecurityRules
from portal.identity.service import accounts, signing_in
from portal.kernel import clock
from portal.kernel.db import db
from portal.local.postgres import conninfo
from portal.network.models import Post
from portal.notify.models import Message
from portal.officers.models import SensitiveAct
from tests.at_the_door import PASSWORD, code_now, csrf_token, give_second_factor, next_code, sign_in
from tests.world import World

OFFICERS = ("city.system", "city.security", "city.auditor")


def propose(world: World, client: FlaskClient, kind: str, person: str | None = None, **more: str) -> TestResponse:
    address = world.url(f"officers/acts/new?kind={kind}" + (f"&person={world.people[person]}" if person else ""))
    return client.post(address + more.pop("query", ""), data={"csrf_token": world.token(client), "reason": "本人到场", **more})


def decide(world: World, client: FlaskClient, act: str, what: str = "agree") -> TestResponse:
    return client.post(f"{act}/{what}", data={"csrf_token": world.token(client)})


def proposed(world: World, by: str, kind: str, person: str | None = None, **more: str) -> tuple[FlaskClient, str]:
    """The proposer's browser, and the proposal's address."""
    client = world.browser(by)
    answer = propose(world, client, kind, person, **more)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return client, answer.location


def once_in(answer: TestResponse) -> str:
    found = re.search(r'<code class="key">([a-z0-9-]+)</code>', answer.get_data(as_text=True))
    assert found, answer.status_code
    return found[1]


def state(world: World, name: str) -> Person:
    with world.work():
        found = db.session.get(Person, world.people[name])
        assert found is not None
        db.session.expunge(found)
        return found


def test_a_reset_is_proposed_by_one_and_its_password_shown_once_to_the_other(world: World) -> None:
    open_session = world.browser("health.handler")
    security, act = proposed(world, "city.security", "reset_password", "health.handler")
    assert open_session.get(world.url("sign-ins")).status_code == 200
    system = world.browser("city.system")
    page = system.get(act).get_data(as_text=True)
    assert "同意并执行" in page
    answer = decide(world, system, act)
    once = once_in(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert once not in system.get(act).get_data(as_text=True)
    assert once not in security.get(act).get_data(as_text=True)
    assert open_session.get(world.url("sign-ins")).status_code == 303
    client = world.app.test_client()
    assert sign_in(client, world, "health.handler", once).status_code == 303  # type: ignore[arg-type]
    assert client.get(world.url()).location == world.url("password")
    with world.work():
        kinds = set(db.session.scalars(select(Message.kind).where(Message.person_id == world.people["health.handler"])))
    assert "password_reset" in kinds


def test_the_proposer_and_business_people_cannot_decide(world: World) -> None:
    security, act = proposed(world, "city.security", "deactivate", "health.handler")
    assert decide(world, security, act).status_code == 403
    for name in ("health.handler", "city.secretariat", "city.leader"):
        client = world.browser(name)
        assert client.get(act).status_code == 403
        assert decide(world, client, act).status_code == 403
        assert propose(world, client, "deactivate", "health.director").status_code == 403
    assert decide(world, world.browser("city.auditor"), act).status_code == 403
    assert state(world, "health.handler").active
    assert decide(world, world.browser("city.system"), act).status_code == 303
    assert not state(world, "health.handler").active


def test_what_is_not_there_or_was_done_meanwhile(world: World) -> None:
    system = world.browser("city.system")
    nowhere = world.url("officers/acts/00000000-0000-4000-8000-000000000000")
    assert system.get(nowhere).status_code == 404
    assert decide(world, system, nowhere).status_code == 404
    security, act = proposed(world, "city.security", "deactivate", "health.handler")
    assert decide(world, system, act, "refuse").status_code == 303
    assert decide(world, system, act).status_code == 409
    assert decide(world, security, act, "withdraw").status_code == 409
    assert state(world, "health.handler").active


def test_a_proposal_is_taken_back_by_its_proposer_alone_and_lapses_after_three_days(world: World) -> None:
    security, act = proposed(world, "city.security", "deactivate", "health.handler")
    assert decide(world, world.browser("city.system"), act, "withdraw").status_code == 403
    answer = propose(world, security, "deactivate", "health.handler")
    assert answer.status_code == 422
    assert "已经提出" in answer.get_data(as_text=True)
    assert decide(world, security, act, "withdraw").status_code == 303
    answer = propose(world, security, "deactivate", "health.handler")
    assert answer.status_code == 303
    with clock.set_to(clock.now() + timedelta(days=3, minutes=1)):
        late = decide(world, world.browser("city.system"), answer.location)
        assert late.status_code == 409
        assert "已失效" in late.get_data(as_text=True)
        assert propose(world, world.browser("city.security"), "deactivate", "health.handler").status_code == 303


@pytest.mark.parametrize(
    ("kind", "person", "sentence"),
    [
        ("reactivate", "health.handler", "账号没有停用"),
        ("end_second_factor", "health.handler", "没有启用动态口令"),
        ("confirm_person", "health.handler", "没有暂停"),
        ("dengbao", None, "现在已经是这样"),
    ],
)
def test_what_needs_no_act_is_refused_with_a_sentence(world: World, kind: str, person: str | None, sentence: str) -> None:
    answer = propose(world, world.browser("city.security"), kind, person, query="&on=0" if person is None else "")
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert "本人到场" in answer.get_data(as_text=True)


def test_a_reason_is_needed_and_nonsense_is_not_found(world: World) -> None:
    security = world.browser("city.security")
    assert propose(world, security, "deactivate", "health.handler", reason="").status_code == 422
    assert propose(world, security, "nonsense", "health.handler").status_code == 404
    assert security.get(world.url("officers/acts/new?kind=deactivate&person=999999999")).status_code == 404
    assert security.get(world.url("officers/acts/new?kind=deactivate&person=x&endpoint=y&_external=1")).status_code == 404


def test_what_concerns_an_officer_is_the_other_twos(world: World) -> None:
    security = world.browser("city.security")
    assert propose(world, security, "deactivate", "city.security").status_code == 403
    _client, act = proposed(world, "city.security", "reset_password", "city.system")
    assert decide(world, world.browser("city.head"), act).status_code == 303
    assert decide(world, world.browser("city.system"), act).status_code == 403
    once_in(decide(world, world.browser("city.auditor"), act))


def test_rules_are_changed_by_two_and_hold_at_sign_in(world: World) -> None:
    _client, act = proposed(world, "city.security", "dengbao")
    assert decide(world, world.browser("city.auditor"), act).status_code == 303
    with world.work():
        assert db.session.scalars(select(SecurityRules.dengbao)).one()
    page = world.browser("city.security").get(world.url("officers/rules")).get_data(as_text=True)
    assert "提出关闭" in page
    handler = world.browser("health.handler")
    assert "至少 8 位" in handler.get(world.url("password")).get_data(as_text=True)


def test_a_lost_telephone_is_ended_by_two_and_an_officer_sets_up_a_new_one_first(world: World) -> None:
    _client, act = proposed(world, "city.system", "end_second_factor", "city.auditor")
    assert decide(world, world.browser("city.head"), act).status_code == 303
    assert decide(world, world.browser("city.security"), act).status_code == 303
    client = world.app.test_client()
    assert sign_in(client, world, "city.auditor").location == world.url()  # type: ignore[arg-type]
    for path in ("", "officers/journal", "officers/acts", "messages"):
        assert client.get(world.url(path)).location == world.url("second-factor")
    assert client.get(world.url("second-factor")).status_code == 200


def test_deciding_needs_a_fresh_confirmation(world: World) -> None:
    now = clock.now()
    with clock.set_to(now):
        _client, act = proposed(world, "city.security", "deactivate", "health.handler")
        system = world.browser("city.system")
    with clock.set_to(now + timedelta(minutes=10)):
        system.get(world.url("officers/acts"))
    with clock.set_to(now + timedelta(minutes=16)):
        token = world.token(system)
        answer = system.post(f"{act}/agree", data={"csrf_token": token})
        assert answer.status_code == 303
        assert "/confirm" in answer.location
        assert state(world, "health.handler").active
        code = next_code(world.app, world.id, "city.system")
        form = {"csrf_token": token, "password": PASSWORD, "passcode": code}
        assert system.post(world.url("confirm"), data=form | {"passcode": "000000"}).status_code == 422
        assert system.post(world.url("confirm"), data=form).status_code == 303
        assert code == code_now()
        assert decide(world, system, act).status_code == 303
    assert not state(world, "health.handler").active


def test_an_officer_is_replaced_by_two_neither_of_whom_it_concerns_and_one_outside(world: World) -> None:
    system = world.browser("city.system")
    named = {"role": "auditor", "named": "nobody"}
    assert propose(world, system, "appoint_officer", **(named | {"named": "health.handler"})).status_code == 422
    assert propose(world, system, "appoint_officer", **(named | {"named": "nonsense"})).status_code == 422
    assert propose(world, system, "appoint_officer", **(named | {"role": "handler"})).status_code == 422
    _client, act = proposed(world, "city.system", "appoint_officer", **named)
    auditor = world.browser("city.auditor")
    assert decide(world, auditor, act).status_code == 403
    assert decide(world, world.browser("city.security"), act).status_code == 403  # nobody outside the three has agreed yet
    assert decide(world, world.browser("city.head"), act).status_code == 303
    assert decide(world, world.browser("city.security"), act).status_code == 303
    assert auditor.get(world.url("officers/journal")).status_code == 303  # his sessions ended
    client = world.app.test_client()
    sign_in(client, world, "nobody")  # type: ignore[arg-type]
    assert client.get(world.url("officers/journal")).location == world.url("second-factor")
    sign_in(auditor, world, "city.auditor")  # type: ignore[arg-type]
    assert auditor.get(world.url("officers/journal")).status_code == 403


def test_the_database_itself_refuses_an_officer_with_another_post_and_one_who_agrees_with_himself(
    world: World, database: object
) -> None:
    def attempt(sql: str, *values: object) -> None:
        with psycopg.connect(conninfo(make_url(database.app_url))) as app:  # type: ignore[attr-defined]
            app.execute("select set_config('app.city', %s, false)", [str(world.id)])
            app.execute(sql, values)

    post = "insert into post (person_id, unit_id, for_unit_id, role, from_on, to_on) values (%s, %s, %s, %s, %s, %s)"
    unit, city = world.units["city_office"], world.units["city"]
    for person, role in (("city.system", "auditor"), ("city.system", "handler"), ("health.handler", "auditor")):
        with pytest.raises(psycopg.errors.ExclusionViolation):
            attempt(post, world.people[person], unit, city, role, "2026-01-01", None)
    with world.work():
        held = db.session.scalars(select(Post).where(Post.person_id == world.people["city.system"])).one()
        assert held.role == Role.SYSTEM_ADMIN
    attempt(post, world.people["city.system"], unit, city, "handler", "2010-01-01", "2011-01-01")
    act = (
        "insert into sensitive_act (id, kind, person_id, facts, reason, proposed_by_id, proposed_at, expires_at, decided_by_id,"
        " ended_at, outcome) values (gen_random_uuid(), 'deactivate', %s, '{}', '-', %s, now(), now(), %s, now(), 'carried_out')"
    )
    for subject, proposer, decider in (("nobody", "city.system", "city.system"), ("city.system", "city.security", "city.system")):
        with pytest.raises(psycopg.errors.CheckViolation):
            attempt(act, *(world.people[name] for name in (subject, proposer, decider)))
    with world.work():
        assert db.session.scalars(select(SensitiveAct)).all() == []


def test_a_new_city_gets_its_officers_once_with_one_time_passwords(world: World) -> None:
    runner = world.app.test_cli_runner()
    said = runner.invoke(city_commands, ["officers", world.slug])
    assert said.exit_code == 1
    assert "已有人担任" in said.output
    slug = f"new-{world.id}"
    assert runner.invoke(city_commands, ["create", slug, "新市"]).exit_code == 0
    assert "no units yet" in runner.invoke(city_commands, ["officers", slug]).output


@pytest.mark.parametrize("name", OFFICERS)
def test_each_officer_sees_what_waits_and_no_business(world: World, name: str) -> None:
    client = world.browser(name)
    assert "现任三员" in client.get(world.url("officers/acts")).get_data(as_text=True)
    assert client.get(world.url("instructions")).status_code == 403
    assert csrf_token(client, world.url("officers/acts/new?kind=appoint_officer"))


def test_who_was_seen_before_another_reset_is_not_confirmed_by_it(world: World) -> None:
    now = clock.now()
    with clock.set_to(now), world.work("city.security"):
        accounts.give_one_time_password(world.actor("city.security"), world.people["health.handler"])
    with clock.set_to(now + timedelta(minutes=1)):
        _security, act = proposed(world, "city.security", "confirm_person", "health.handler")
    with clock.set_to(now + timedelta(minutes=2)), world.work("city.security"):
        accounts.give_one_time_password(world.actor("city.security"), world.people["health.handler"])
    with clock.set_to(now + timedelta(minutes=3)):
        assert decide(world, world.browser("city.auditor"), act).status_code == 409
    assert state(world, "health.handler").suspended_at is not None


def test_what_an_officer_proposed_ends_with_his_office(world: World) -> None:
    _security, act = proposed(world, "city.security", "deactivate", "health.handler")
    with world.work():
        db.session.scalars(select(Post).where(Post.person_id == world.people["city.security"])).one().to_on = clock.today()
    system = world.browser("city.system")
    assert decide(world, system, act).status_code == 409
    assert state(world, "health.handler").active
    assert decide(world, system, act, "refuse").status_code == 303


def test_asking_for_json_does_not_replace_the_confirmation(world: World) -> None:
    now = clock.now()
    with clock.set_to(now):
        _client, act = proposed(world, "city.security", "deactivate", "health.handler")
        system = world.browser("city.system")
    with clock.set_to(now + timedelta(minutes=10)):
        system.get(world.url("officers/acts"))
    with clock.set_to(now + timedelta(minutes=16)):
        answer = system.post(f"{act}/agree", data={"csrf_token": world.token(system)}, headers={"Accept": "application/json"})
        assert answer.status_code == 403
    assert state(world, "health.handler").active


def test_a_telephone_read_in_between_two_resets_confirms_nobody(world: World) -> None:
    now, handler = clock.now(), world.people["health.handler"]
    with clock.set_to(now), world.work("city.security"):
        accounts.give_one_time_password(world.actor("city.security"), handler)
    with clock.set_to(now + timedelta(minutes=1)), world.work("health.handler"):
        give_second_factor(handler)  # by whoever held the paper
    with clock.set_to(now + timedelta(minutes=2)), world.work("city.security"):
        once = accounts.give_one_time_password(world.actor("city.security"), handler)
    with clock.set_to(now + timedelta(minutes=3)), world.work("health.handler"):
        made, _token = sessions.begin(handler, "-", sessions.ABSOLUTE)
        signing_in.change_password(world.actor("health.handler"), made.id, once, "shan-hai-jing-2026", "-")
    assert state(world, "health.handler").suspended_at is not None


def test_a_telephone_of_before_outlasts_two_resets(world: World) -> None:
    now, handler = clock.now(), world.people["health.handler"]
    with clock.set_to(now), world.work("health.handler"):
        give_second_factor(handler)
    for minutes in (1, 2):
        with clock.set_to(now + timedelta(minutes=minutes)), world.work("city.security"):
            once = accounts.give_one_time_password(world.actor("city.security"), handler)
    with clock.set_to(now + timedelta(minutes=3)), world.work("health.handler"):
        made, _token = sessions.begin(handler, "-", sessions.ABSOLUTE)
        signing_in.change_password(world.actor("health.handler"), made.id, once, "shan-hai-jing-2026", "-")
    assert state(world, "health.handler").suspended_at is None
