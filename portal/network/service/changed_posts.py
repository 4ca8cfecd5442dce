"""What becomes of posts when the tree changes: they end, and no running sign-off may lose its seat by that.

Who supervises, heads an office or leads a unit was agreed to there (`staffing.service.agreeing`); where a change would have him
do so for another unit, his post ends and the one there is asked for. Else a secretariat alone could place somebody over an
office by way of a merger.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid
from portal.network import business, queries
from portal.network.models import Appointment, Delegation, Post, Unit, UnitChange
from portal.network.rules import AGREED
from portal.network.service.wanted import Case, Effect, posts_of


def ask_again(case: Case, post: Post, unit: Unit, before: str) -> None:
    """This post ends, and is asked for in that unit; the change says so before it is done."""
    case.ending.append(post)
    case.asked.append((post, unit, post.to_on))
    case.effects.append(Effect(f"{post.person.name}　{post.role.label}", before, _("“%(unit)s”，须经任职同意", unit=unit.name)))
    if len(case.asked) == 1:
        case.sentences.append(
            _(
                "督查、领导岗位不随单位转走：原岗位自变更之日结束，到新单位的任职由那里的负责人（空缺的，由安全管理员）同意后才生效。"
            )
        )


def ask_in_organs(case: Case, parent: Unit) -> None:
    """Organs that come below another parent act for it from then on, and so would whoever supervises, heads or leads in them."""
    for organ in (case.unit, *case.children):
        if organ.is_organ and organ.parent_id != parent.id and (organ is not case.unit or not case.ends):
            for post in posts_of(organ.id):
                if post.role in AGREED:
                    ask_again(case, post, organ, organ.name)


def write_down(case: Case, row: UnitChange) -> None:
    """What is asked for, by whoever made the change."""
    asked = [
        {
            "person_id": post.person_id, "unit_id": unit.id, "role": post.role, "from_on": clock.today(), "to_on": until,
            "reason": row.reason, "proposed_by_id": row.person_id, "proposed_at": clock.now(),
        }
        for post, unit, until in case.asked
    ]  # fmt: skip
    if asked:
        db.session.execute(insert(Appointment).on_conflict_do_nothing(), asked)


def end_posts(case: Case) -> list[int]:
    """The posts that end, with their delegations; who held them or stood in, and reads nothing by them any more."""
    for post in case.ending:
        post.to_on = max(clock.today(), post.from_on)
    db.session.flush()
    ended = update(Delegation).where(Delegation.post_id.in_([post.id for post in case.ending]), Delegation.ended_at.is_(None))
    stood_in = db.session.scalars(ended.values(ended_at=clock.now()).returning(Delegation.to_person_id)).all()
    return [*stood_in, *(post.person_id for post in case.ending)]


def guarding_seats(case: Case, act: Callable[[], object]) -> None:
    """Do it, unless a running sign-off would be left without the holder of a seat that it had."""
    unit, heir = case.unit, case.other
    near = {unit.id, unit.acts_for_id}
    needed = {seat for seat in business.seats(near) if queries.holders(*seat)}
    act()
    for unit_id, role in sorted(needed, key=str):
        now = case.other.id if case.ends and case.other is not None and unit_id == unit.id and not unit.is_organ else unit_id
        if not queries.holders(now, role):
            raise Invalid(
                _("正在签批的报结材料还要用到“%(role)s”这个岗位，变更后将无人在任", role=role.label),
                fields={"moving" if heir is not None else "reason": _(
                    "请先在承接单位任命“%(role)s”，或者（不是领导岗位的）让其随之转入，再办理这项变更", role=role.label)},
            )  # fmt: skip
