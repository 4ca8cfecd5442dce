"""Powers do not add up: to appoint who supervises or leads, to confirm who was reset, to replace an officer takes one person more."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.access.roles import Role
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Forbidden, Invalid
from portal.matters import verbs
from portal.matters.service import granting
from portal.matters.workflow import enact
from portal.network.models import Appointment, Post
from portal.network.queries import holders, roles_held
from portal.network.service import delegating
from portal.notify.models import Message
from portal.officers import service
from portal.officers.models import SensitiveAct
from portal.officers.rules import Kind
from portal.staffing.service import agreeing, appointing
from portal.workflow.verbs import Said
from tests.officers.test_acts_of_two import decide, once_in, proposed, state
from tests.world import World


def send(world: World, who: str, address: str, **fields: object) -> TestResponse:
    client = world.browser(who)
    return client.post(world.url(address), data={"csrf_token": world.token(client), **fields})


def ask(world: World, role: str, unit: str, person: str = "nobody", by: str = "city.secretariat", **more: object) -> TestResponse:
    fields = {"role": role, "person": person, "from_on": clock.today().isoformat(), "reason": "温委干〔2026〕3号"}
    return send(world, by, f"network/units/{world.units[unit]}/appoint", **fields | more)


def waiting(world: World) -> Appointment:
    with world.work():
        found = db.session.scalars(select(Appointment).order_by(Appointment.id.desc())).first()
        assert found is not None
        db.session.expunge(found)
        return found


def agree(world: World, who: str, how: str = "agree") -> int:
    return send(world, who, "network/appointments", appointment=waiting(world).id, how=how).status_code


def held(world: World, person: str = "nobody") -> set[Role]:
    with world.work():
        return set(roles_held(world.people[person]))


def told(world: World, person: str) -> set[str]:
    with world.work():
        return set(db.session.scalars(select(Message.kind).where(Message.person_id == world.people[person])))


CASES = [
    ("supervision_head", "city_supervision", "city.head"),
    ("supervisor", "city_supervision", "city.head"),
    ("supervisor", "county_supervision", "county.head"),
    ("principal_leader", "health", "health.leader"),
    ("deputy_leader", "county", "county.leader"),
]


@pytest.mark.parametrize(("role", "unit", "head"), CASES)
def test_I56_a_secretariat_alone_makes_nobody_supervisor_head_or_leader(world: World, role: str, unit: str, head: str) -> None:
    assert ask(world, role, unit).status_code == 303
    assert held(world) == set()
    assert told(world, head) == {"appointment_asked"}
    assert "appointment_asked" not in told(world, "city.security")
    for other in ("city.secretariat", "city.security", "nobody", "city.system", "finance.leader", "city.supervisor"):
        assert agree(world, other) == 403, other
    assert held(world) == set()
    shown = world.browser(head).get(world.url("network/appointments")).get_data(as_text=True)
    assert "同意所选" in shown and "任职同意" in world.browser(head).get(world.url("")).get_data(as_text=True)
    assert agree(world, head) == 303
    assert held(world) == {Role(role)}
    assert {"appointment_waits", "appointed"} <= told(world, "nobody")
    assert "appointment_decided" in told(world, "city.secretariat")
    assert agree(world, head) == 409


def test_I56_an_invented_head_signs_in_and_holds_nothing(world: World) -> None:
    answer = ask(world, "supervision_head", "city_supervision", "", name="张伟", sign_in_name="zhang.wei")
    assert answer.status_code == 200 and 'class="once"' in answer.get_data(as_text=True)
    with world.work():
        invented = db.session.scalars(select(Person).where(Person.city_id == world.id, Person.sign_in_name == "zhang.wei")).one()
        assert roles_held(invented.id) == set()
        assert invented.id not in {one.person_id for one in holders(world.units["city"], Role.SUPERVISION_HEAD)}


def test_I56_where_nobody_is_at_the_head_the_security_administrator_agrees(world: World) -> None:
    with world.work():
        db.session.get(Post, world.posts["city.head"]).to_on = clock.today()  # type: ignore[union-attr]
    assert ask(world, "supervision_head", "city_supervision").status_code == 303
    assert told(world, "city.security") == {"appointment_asked"}
    assert agree(world, "city.system") == 403
    assert agree(world, "city.security") == 303
    assert held(world) == {Role.SUPERVISION_HEAD}


def test_I56_no_stand_in_of_the_head_agrees(world: World) -> None:
    assert ask(world, "supervisor", "city_supervision").status_code == 303
    with world.work("city.secretariat"):
        now = clock.now()
        until = now.replace(hour=23, minute=59)
        delegating.delegate_for(
            world.actor("city.secretariat"), world.posts["city.head"], world.people["city.deputy"], now, until, ("all",), "住院"
        )
    assert agree(world, "city.deputy") == 403
    assert held(world) == set()


def test_I56_what_is_not_agreed_to_never_comes_to_be(world: World) -> None:
    assert ask(world, "supervisor", "city_supervision").status_code == 303
    assert ask(world, "supervisor", "city_supervision").status_code == 422  # it waits already
    assert send(world, "city.head", "network/appointments", how="agree").status_code == 422
    assert agree(world, "city.head", "refuse") == 303
    assert held(world) == set()
    assert ask(world, "supervisor", "city_supervision").status_code == 303
    taken_back = f"network/appointments/{waiting(world).id}/withdraw"
    assert send(world, "city.supervisor", taken_back).status_code == 403
    assert send(world, "city.secretariat", taken_back).status_code == 303
    assert agree(world, "city.head") == 409


def test_I56_one_who_was_reset_agrees_to_nothing(world: World) -> None:
    assert ask(world, "supervisor", "city_supervision").status_code == 303
    with world.work():
        db.session.get(Person, world.people["city.head"]).suspended_at = clock.now()  # type: ignore[union-attr]
    assert agree(world, "city.head") == 403
    assert agree(world, "city.security") == 403


def test_other_posts_need_nobody_else(world: World) -> None:
    assert ask(world, "handler", "health").status_code == 303
    assert held(world) == {Role.HANDLER}


def ended(world: World):  # type: ignore[no-untyped-def]
    """A confidential matter that is closed."""
    matter_id = world.assign(world.register(confidential=True), handler="health.handler")
    world.progress(world.acknowledge(matter_id))
    world.sign(world.submit(matter_id), "health.director", "health.deputy")
    with world.work("city.supervisor"):
        enact(world.actor("city.supervisor"), verbs.CLOSE, matter_id, Said())
    return matter_id


def test_I56_no_reading_is_granted_to_a_secretariat_nor_by_one(world: World) -> None:
    matter_id = ended(world)

    def grant(to: str) -> None:
        with world.work("city.head"):
            person = db.session.get(Person, world.people[to])
            granting.grant_reading(world.actor("city.head"), matter_id, person=person, last_day=clock.today(), reason="查阅")

    with pytest.raises(Invalid) as refused:
        grant("city.secretariat")
    assert "秘书处" in str(refused.value.fields["person"])
    with world.work():
        db.session.add(
            Post(
                person_id=world.people["city.head"],
                unit_id=world.units["city_office"],
                for_unit_id=world.units["city"],
                role=Role.SECRETARIAT,
                from_on=clock.today(),
            )
        )
    with pytest.raises(Forbidden):
        grant("health.leader")


# ------------------------------------------------------------------------------------------------------- the officers


def reset(world: World, person: str = "health.handler") -> None:
    _client, act = proposed(world, "city.security", "reset_password", person)
    once_in(decide(world, world.browser("city.system"), act))


def test_I56_who_reset_a_person_does_not_confirm_him(world: World) -> None:
    reset(world)
    assert "account_of_yours" in told(world, "health.leader")
    assert "password_reset" in told(world, "health.handler")
    security, act = proposed(world, "city.security", "confirm_person", "health.handler")
    for name in ("city.system", "city.security"):
        assert decide(world, world.browser(name), act).status_code == 403, name
    assert state(world, "health.handler").suspended_at is not None
    assert "审计员" in security.get(act).get_data(as_text=True)
    assert decide(world, world.browser("city.auditor"), act).status_code == 303
    assert state(world, "health.handler").suspended_at is None


def test_I56_the_persons_own_head_confirms_him_too(world: World) -> None:
    reset(world)
    _security, act = proposed(world, "city.security", "confirm_person", "health.handler")
    assert "sensitive_asked" in told(world, "health.leader")
    for stranger in ("finance.leader", "health.deputy", "city.leader"):
        assert decide(world, world.browser(stranger), act).status_code == 403, stranger
    head = world.browser("health.leader")
    assert "同意并执行" in head.get(act).get_data(as_text=True)
    assert decide(world, head, act).status_code == 303
    assert state(world, "health.handler").suspended_at is None


def test_I56_an_officer_who_was_reset_is_none_until_somebody_outside_has_seen_him(world: World) -> None:
    _client, act = proposed(world, "city.security", "reset_password", "city.auditor")
    once_in(decide(world, outside_first(world, act, "city.system"), act))
    assert "account_of_yours" in told(world, "city.head")
    with world.work():
        db.session.get(Person, world.people["city.auditor"]).must_change_password = False  # type: ignore[union-attr]
    assert world.browser("city.auditor").get(world.url("officers/journal")).status_code == 403
    _client, act = proposed(world, "city.security", "confirm_person", "city.auditor")
    for name in ("city.system", "city.auditor", "city.supervisor"):
        assert decide(world, world.browser(name), act).status_code == 403, name
    assert decide(world, world.browser("city.head"), act).status_code == 303
    assert world.browser("city.auditor").get(world.url("officers/journal")).status_code == 200


def outside_first(world: World, act: str, other: str = "city.security") -> FlaskClient:
    """The other officer cannot, the head of the city's supervision can agree; then it is the other officer's."""
    assert decide(world, world.browser(other), act).status_code == 403
    for stranger in ("city.leader", "county.head", "city.supervisor"):
        assert decide(world, world.browser(stranger), act).status_code == 403, stranger
    assert decide(world, world.browser("city.head"), act).status_code == 303
    return world.browser(other)


def test_I56_an_officer_is_replaced_by_three(world: World) -> None:
    _client, act = proposed(world, "city.system", "appoint_officer", role="auditor", named="nobody")
    assert {"account_concerns_you"} <= told(world, "city.auditor")
    assert {"account_of_yours", "sensitive_asked"} <= told(world, "city.head")
    other = outside_first(world, act)
    assert held(world) == set()
    assert decide(world, other, act).status_code == 303
    assert held(world) == {Role.AUDITOR}
    with world.work():
        done = db.session.scalars(select(SensitiveAct)).one()
        assert len({done.proposed_by_id, done.outside_by_id, done.decided_by_id}) == 3


@pytest.mark.parametrize("kind", ["end_sessions", "deactivate", "reset_password", "end_second_factor"])
def test_I56_an_officers_sessions_are_ended_by_three(world: World, kind: str) -> None:
    open_session = world.browser("city.auditor")
    security = world.browser("city.security")
    address = f"officers/accounts/{world.people['city.auditor']}"
    assert send(world, "city.security", f"{address}/end-sessions").status_code == 403
    page = security.get(world.url(address)).get_data(as_text=True)
    assert "end-sessions" not in page and "提出结束三员的登录" in page
    _client, act = proposed(world, "city.security", kind, "city.auditor")
    other = outside_first(world, act, "city.system")
    assert open_session.get(world.url("officers/journal")).status_code == 200
    assert decide(world, other, act).status_code in (200, 303)
    assert open_session.get(world.url("officers/journal")).status_code == 303


def test_I56_where_nobody_can_agree_from_outside_nothing_is_proposed(world: World) -> None:
    with world.work():
        for name in ("city.head", "city.leader"):
            db.session.get(Post, world.posts[name]).to_on = clock.today()  # type: ignore[union-attr]
    with world.work("city.system"), pytest.raises(Invalid, match="没有提出"):
        service.propose(world.actor("city.system"), Kind.END_SESSIONS, "测试", person_id=world.people["city.auditor"])


def test_whose_sessions_end_is_told_and_his_head_too(world: World) -> None:
    assert send(world, "city.security", f"officers/accounts/{world.people['health.handler']}/end-sessions").status_code == 303
    assert told(world, "health.handler") == {"account_concerns_you"}
    assert told(world, "health.leader") == {"account_of_yours"}


def test_an_appointment_is_asked_for_by_the_verb_too(world: World) -> None:
    with world.work("city.secretariat"):
        made, once = appointing.appoint(
            world.actor("city.secretariat"),
            world.units["health"],
            Role.PRINCIPAL_LEADER,
            db.session.get(Person, world.people["nobody"]),
            from_on=clock.today(),
            reason="x",
        )
        assert isinstance(made, Appointment) and once is None
    with world.work("health.leader"):
        agreeing.decide(world.actor("health.leader"), [waiting(world).id], agree=True)
    assert held(world) == {Role.PRINCIPAL_LEADER}


# ------------------------------------------------------------------------------- who is made, moved or set by one alone


def merge(world: World, change: str, unit: str, **facts: object) -> TestResponse:
    fields = {"from_on": clock.today().isoformat(), "reason": "机构改革", "version": 1, "step": "do"}
    with world.work():
        fields["version"] = world.unit(unit).version
    return send(world, "city.secretariat", f"network/units/{world.units[unit]}/{change}", **fields | facts)


OVER = [
    ("merge", "county_supervision", {"into": "市委督查室 (330300-DC)", "moving": "county.head"}, "county.head", "city.head"),
    ("move", "county_supervision", {"parent": "市卫生健康委员会 (330300-WJ)"}, "county.head", "city.security"),
    ("merge", "county_health", {"into": "市卫生健康委员会 (330300-WJ)", "moving": "county_health.leader"}, "county_health.leader",
     "health.leader"),
    ("merge", "county", {"into": "市财政局 (330300-CZ)"}, "county.supervisor", "city.security"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "unit", "facts", "person", "agrees"), OVER)
def test_I56_a_change_of_the_tree_makes_nobody_supervisor_head_or_leader_elsewhere(
    world: World, kind: str, unit: str, facts: dict[str, str], person: str, agrees: str
) -> None:
    """What moves to another unit is asked for there; the secretariat says so beforehand, and whoever is concerned is told."""
    given = facts | ({"moving": str(world.posts[facts["moving"]])} if "moving" in facts else {})
    role = held(world, person)
    shown = merge(world, kind, unit, **given | {"step": ""}).get_data(as_text=True)
    assert "须经任职同意" in shown and "督查、领导岗位不随单位转走" in shown
    assert merge(world, kind, unit, **given).status_code == 303
    assert held(world, person) == set()
    with world.work():
        agreeing.tell_of_new()
    assert "appointment_waits" in told(world, person)
    assert "appointment_asked" in told(world, agrees)
    with world.work():
        asked = db.session.scalars(select(Appointment).where(Appointment.person_id == world.people[person])).one().id
    assert send(world, "city.secretariat", "network/appointments", appointment=asked, how="agree").status_code == 403
    assert send(world, agrees, "network/appointments", appointment=asked, how="agree").status_code == 303
    assert held(world, person) == role


def test_I56_whoever_does_the_work_goes_along_and_so_do_leaders_of_a_split(world: World) -> None:
    moving = [world.posts[name] for name in ("county_health.handler", "county_health.director")]
    assert merge(world, "merge", "county_health", into="市卫生健康委员会 (330300-WJ)", moving=moving).status_code == 303
    assert held(world, "county_health.handler") == {Role.HANDLER}
    assert held(world, "county_health.director") == {Role.OFFICE_DIRECTOR}
    named = {"code": "330300-YB", "name": "市医疗保障局", "level": "city", "kind": "department"}
    given = named | {"moving": world.posts["health.deputy"]}
    assert merge(world, "split", "health", **given).status_code == 303
    assert held(world, "health.deputy") == {Role.DEPUTY_LEADER}


def test_I56_nor_does_the_secretariat_set_anybody_else_to_stand_in_for_them(world: World) -> None:
    now = clock.now()

    def lend(post: str, to: str) -> None:
        with world.work("city.secretariat"):
            until = now.replace(hour=23, minute=59)
            actor = world.actor("city.secretariat")
            delegating.delegate_for(actor, world.posts[post], world.people[to], now, until, ("all",), "住院")

    for post, to in (("city.head", "city.duty"), ("city.head", "county.head"), ("health.leader", "health.director")):
        with pytest.raises(Invalid) as refused:
            lend(post, to)
        assert "同一单位现任的" in str(refused.value.fields["to_person"])
    lend("city.head", "city.supervisor")
    lend("health.leader", "health.deputy")
    lend("health.director", "health.handler")
    page = world.browser("city.secretariat").get(world.url(f"network/posts/{world.posts['city.head']}/delegate"))
    offered = page.get_data(as_text=True)
    assert f'<option value="{world.people["city.deputy"]}"' in offered
    assert f'<option value="{world.people["city.duty"]}"' not in offered


def test_whom_the_secretariat_has_made_reads_nothing_confidential_before_he_is_confirmed(world: World) -> None:
    """It has seen his one-time password and could sign in as him."""
    answer = ask(world, "handler", "health", "", name="李四", sign_in_name="li.si")
    assert answer.status_code == 200
    with world.work():
        made = db.session.scalars(select(Person).where(Person.city_id == world.id, Person.sign_in_name == "li.si")).one()
        made.must_change_password = False
        world.people["li.si"] = made.id
        world.posts["li.si"] = db.session.scalars(select(Post.id).where(Post.person_id == made.id)).one()
    matter_id = world.assign(world.register(confidential=True), handler="li.si")
    assert world.browser("li.si").get(world.url(f"matters/{matter_id}")).status_code == 404
    _security, act = proposed(world, "city.security", "confirm_person", "li.si")
    assert decide(world, world.browser("city.system"), act).status_code == 403
    assert decide(world, world.browser("health.leader"), act).status_code == 303
    assert world.browser("li.si").get(world.url(f"matters/{matter_id}")).status_code == 200
