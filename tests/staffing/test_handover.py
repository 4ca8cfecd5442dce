"""A person leaves in one act: every open task passes on, his access ends, and the list shows each reader what he may read."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from portal.access.actor import SYSTEM
from portal.access.models import Audience, Viewer
from portal.access.roles import person_principal
from portal.access.visibility import as_seen_by
from portal.identity.models import Person, SignInSession
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import verbs
from portal.matters.models import ENDED, Content, CoUnit, Matter
from portal.matters.rebuild import rebuild_viewers
from portal.matters.reseat import refresh_waiting_steps
from portal.matters.service import assigning
from portal.matters.workflow import enact
from portal.network.models import Delegation, Post
from portal.network.service.delegating import delegate
from portal.notify.models import Message
from portal.papers.models import Signature, Signer, SignOff, Step
from portal.staffing.models import Handover
from tests.staffing.sending import look, send
from tests.staffing.test_appointing import appoint, county_secretariat
from tests.world import PASSWORD, World


def leave(world: World, person: str, by: str = "city.secretariat", to: str | None = None, **fields: object):  # type: ignore[no-untyped-def]
    """The person leaves; `to` takes over his one post."""
    form = {"reason": "调市纪委工作", f"successor_{world.posts[person]}": str(world.posts[to]) if to else ""}
    return send(world, by, f"network/people/{world.people[person]}/hand-over", **form | fields)


def told(world: World, person: str) -> list[str]:
    with world.work():
        return list(db.session.scalars(select(Message.kind).where(Message.person_id == world.people[person]).order_by(Message.at)))


def handover_of(world: World, person: str) -> int:
    with world.work():
        return db.session.scalars(select(Handover.id).where(Handover.person_id == world.people[person])).one()


def left_with(world: World, person: str) -> dict[str, int]:
    """What is still in this person's hands."""
    who = world.people[person]

    def count(statement: object) -> int:
        return int(db.session.scalar(statement.options(as_seen_by(SYSTEM))) or 0)  # type: ignore[attr-defined]

    opened = Matter.state.not_in(ENDED)
    with world.work():
        return {
            "handled": count(
                select(func.count(Content.id)).join(Matter, Matter.id == Content.record_id).where(Content.handler_id == who, opened)
            ),
            "helped": count(
                select(func.count(CoUnit.unit_id))
                .join(Matter, Matter.id == CoUnit.matter_id)
                .where(CoUnit.handler_id == who, opened)
            ),
            "reviewed": count(
                select(func.count(Content.id))
                .join(Matter, Matter.id == Content.record_id)
                .where(Content.reviewer_id == who, opened, Matter.confidential)
            ),
            "to sign": count(
                select(func.count(Signer.step))
                .join(SignOff, SignOff.id == Signer.sign_off_id)
                .where(Signer.person_id == who, SignOff.ended_at.is_(None))
                .where(
                    ~select(Signature.id).where(Signature.sign_off_id == Signer.sign_off_id, Signature.step == Signer.step).exists()
                )
            ),
            "named": count(
                select(func.count(Step.number))
                .join(SignOff, SignOff.id == Step.sign_off_id)
                .where(Step.named_person_id == who, SignOff.ended_at.is_(None))
            ),
            "audience": db.session.scalar(
                select(func.count(Audience.id)).where(Audience.person_id == who, Audience.to_at.is_(None))
            )
            or 0,
            "posts": db.session.scalar(
                select(func.count(Post.id)).where(Post.person_id == who, Post.to_on.is_(None) | (Post.to_on > clock.today()))
            )
            or 0,
            "sessions": db.session.scalar(
                select(func.count(SignInSession.id)).where(SignInSession.person_id == who, SignInSession.ended_at.is_(None))
            )
            or 0,
            "delegations": db.session.scalar(
                select(func.count(Delegation.id)).where(Delegation.to_person_id == who, Delegation.ended_at.is_(None))
            )
            or 0,
            "seen open": db.session.scalar(
                select(func.count()).select_from(Viewer).where(Viewer.principal == person_principal(who), Viewer.open)
            )
            or 0,
        }


def nothing(world: World, person: str) -> bool:
    found = left_with(world, person)
    assert not any(found.values()), found
    with world.work():
        before = sorted(
            db.session.execute(
                select(Viewer.record_id, Viewer.principal, Viewer.view, Viewer.task).where(Viewer.city_id == world.id)
            ).all(),
            key=str,
        )
        rebuild_viewers()
        db.session.flush()
        after = sorted(
            db.session.execute(
                select(Viewer.record_id, Viewer.principal, Viewer.view, Viewer.task).where(Viewer.city_id == world.id)
            ).all(),
            key=str,
        )
    assert before == after
    with world.work():
        return not db.session.scalars(select(Person.active).where(Person.id == world.people[person])).one()


def test_a_handler_leaves_and_nothing_is_left_hanging(world: World) -> None:
    opened, working = world.name_handler(world.assign(world.register())), world.at_work()
    signing = world.at_work()
    world.submit(signing)
    helping = world.assign(world.register(), "finance", co=("health",))
    with world.work("health.liaison"):
        enact(
            world.actor("health.liaison"), verbs.NAME_CO_HANDLER, helping, assigning.Naming(post_id=world.posts["health.handler"])
        )
    secret = world.assign(world.register(confidential=True), handler="health.handler")
    browser = world.browser("health.handler")
    answer = leave(world, "health.handler", to="health.handler2")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert nothing(world, "health.handler")
    assert browser.get(world.url("")).status_code == 303
    for matter_id in (opened, working, signing):
        assert world.matter(matter_id).content.handler_id == world.people["health.handler2"]  # type: ignore[union-attr]
        assert look(world, "health.handler2", f"matters/{matter_id}").status_code == 200
    assert world.matter(secret).content.handler_id is None  # type: ignore[union-attr]
    assert told(world, "health.handler2").count("handed_over") == 3
    assert "co_handler_named" in told(world, "health.handler2")
    assert "person_left" in told(world, "city.supervisor")
    assert look(world, "health.handler2", f"matters/{secret}").status_code == 404
    shown = look(world, "health.handler2", f"matters/{working}").get_data(as_text=True)
    assert "离岗交接" in shown
    world.acknowledge(opened, "health.handler2")


def test_without_a_successor_the_units_desk_names_one(world: World) -> None:
    working = world.at_work()
    assert leave(world, "health.handler").status_code == 303
    assert nothing(world, "health.handler")
    assert "name_handler" in told(world, "health.liaison")
    world.name_handler(working, "health.handler2")
    world.progress(working, "health.handler2")


def test_a_confidential_ones_office_names_another_handler(world: World) -> None:
    secret = world.acknowledge(world.assign(world.register(confidential=True), handler="health.handler"))
    assert leave(world, "health.handler", to="health.handler2").status_code == 303
    with world.work("city.supervisor"):
        enact(world.actor("city.supervisor"), verbs.NAME_HANDLER, secret, assigning.Naming(post_id=world.posts["health.handler2"]))
    assert look(world, "health.handler2", f"matters/{secret}").status_code == 200


def test_a_step_waits_for_the_successor_when_its_only_signer_leaves(world: World) -> None:
    matter_id = world.at_work()
    report = world.submit(matter_id)
    refused = leave(world, "health.director")
    assert refused.status_code == 422
    assert "请先任命继任者" in refused.get_data(as_text=True)
    assert leave(world, "health.director", chains_wait="y").status_code == 303
    assert nothing(world, "health.director")
    assert {"seat_vacant"} <= set(told(world, "health.liaison")) & set(told(world, "city.supervisor"))
    appoint(world, role="office_director")
    with world.work():
        assert refresh_waiting_steps() == 1
    assert "to_sign" in told(world, "nobody")
    world.sign(report, "nobody", "health.deputy")


def test_a_seat_with_two_goes_on_with_the_other(world: World) -> None:
    appoint(world, role="office_director")
    matter_id = world.at_work()
    with world.work("health.handler"):
        from portal.matters.service import reporting

        actor = world.actor("health.handler")
        _matter, draft = reporting.open_draft(actor, matter_id)
        reporting.save_draft(actor, draft.id, None, {"body": "已完成。"})
        reporting.submit_report(actor, draft.id, named={1: world.people["health.director"]})
        report: UUID = draft.id
    assert leave(world, "health.director").status_code == 303
    assert nothing(world, "health.director")
    assert "to_sign" in told(world, "nobody")
    world.sign(report, "nobody", "health.deputy")


def test_a_confidential_signer_leaves_without_a_trace_for_the_secretariat(world: World) -> None:
    secret = world.progress(world.acknowledge(world.assign(world.register(confidential=True), handler="health.handler")))
    world.submit(secret)
    assert look(world, "health.director", f"matters/{secret}").status_code == 200
    assert leave(world, "health.director", chains_wait="y").status_code == 303
    assert nothing(world, "health.director")
    shown = look(world, "city.secretariat", f"network/handovers/{handover_of(world, 'health.director')}").get_data(as_text=True)
    assert world.matter(secret).number not in shown
    assert told(world, "city.secretariat") == []


def test_a_supervisor_leaves_and_the_head_is_told(world: World) -> None:
    unassigned, assigned = (
        world.register(confidential=True),
        world.assign(world.register(confidential=True), handler="health.handler"),
    )
    assert leave(world, "city.supervisor").status_code == 303
    assert nothing(world, "city.supervisor")
    assert told(world, "city.head").count("person_left") == 2
    for post, status in ((world.posts["city.supervisor"], 422), (world.posts["city.head"], 303)):
        assert send(world, "city.head", f"matters/{assigned}/name-reviewer", handler=post).status_code == status
    assert send(world, "county.head", f"matters/{assigned}/name-reviewer", handler=post).status_code == 404
    with world.work("city.head"):
        enact(
            world.actor("city.head"),
            verbs.ASSIGN,
            unassigned,
            assigning.Assignment(lead_unit=world.unit("health"), handler_post_id=world.posts["health.handler"]),
        )
    assert look(world, "health.handler", f"matters/{unassigned}").status_code == 200
    assert look(world, "health.handler", f"matters/{assigned}").status_code == 200


def test_delegations_to_and_from_him_end(world: World) -> None:
    with world.work("health.deputy"):
        delegate(
            world.actor("health.deputy"),
            world.posts["health.deputy"],
            world.people["health.handler"],
            clock.now(),
            clock.end_of(clock.today()),
            False,
        )
    report = world.submit(world.at_work(), "health.handler")
    assert leave(world, "health.handler", to="health.handler2").status_code == 303
    assert nothing(world, "health.handler")
    world.sign(report, "health.director", "health.deputy")


def test_the_list_is_signed_by_whoever_takes_over_with_his_password(world: World) -> None:
    matter_id = world.at_work()
    leave(world, "health.handler", to="health.handler2")
    page = f"network/handovers/{handover_of(world, 'health.handler')}"
    number = world.matter(matter_id).number
    assert number in look(world, "health.handler2", page).get_data(as_text=True)
    assert number not in look(world, "city.secretariat", page).get_data(as_text=True)
    for stranger in ("finance.director", "city.supervisor", "county.liaison"):
        assert look(world, stranger, page).status_code == 404
    assert send(world, "city.secretariat", page, password=PASSWORD).status_code == 403
    assert send(world, "health.handler2", page, password="falsch").status_code == 422
    assert send(world, "health.handler2", page, password=PASSWORD).status_code == 303
    assert send(world, "health.handler2", page, password=PASSWORD).status_code == 409
    assert "已签收" in look(world, "city.secretariat", page).get_data(as_text=True)


def test_the_office_director_hands_over_for_handlers_and_liaison_officers_only(world: World) -> None:
    assert leave(world, "health.deputy", "health.director", chains_wait="y").status_code == 403
    assert leave(world, "finance.handler", "health.director").status_code == 403
    assert leave(world, "health.handler", "health.director", to="health.handler2").status_code == 303


def test_nobody_hands_over_for_himself_an_officer_or_out_of_reach(world: World, new_world) -> None:  # type: ignore[no-untyped-def]
    assert leave(world, "city.secretariat").status_code == 403
    assert leave(world, "city.auditor").status_code == 403
    by = county_secretariat(world)
    assert leave(world, "health.handler", by).status_code == 403
    assert leave(world, "township.handler", by).status_code == 303
    other = new_world()
    assert look(world, "city.secretariat", f"network/people/{other.people['health.handler']}/hand-over").status_code == 404


def test_a_strange_successor_and_a_changed_list_of_posts_are_refused(world: World) -> None:
    assert leave(world, "health.handler", to="finance.handler").status_code == 422
    assert leave(world, "health.handler", to="health.handler2", reason="").status_code == 422
    assert left_with(world, "health.handler")["posts"] == 1
    assert leave(world, "health.handler", to="health.handler2").status_code == 303
    assert leave(world, "health.handler", to="health.handler2").status_code == 422
