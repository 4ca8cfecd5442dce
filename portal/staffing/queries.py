"""What is asked about people: a person's page, who may succeed, who else holds a seat, which liaison officer has not confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import joinedload

from portal.access.roles import Role
from portal.deadlines.queries import calendar_of
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.network.models import Appointment, Delegation, Kind, Post, Unit
from portal.network.queries import Holder, handlers_of, holders, in_force
from portal.staffing.models import Contact, Handover, HandoverPost, HandoverReceiver
from portal.staffing.rules import asked_on


def person_by_id(person_id: int) -> Person | None:
    """The person of this city with that id."""
    return db.session.scalar(select(Person).where(Person.city_id == current_city(), Person.id == person_id))


def posts_of(person_id: int) -> list[tuple[Post, Contact | None]]:
    """All posts that a person holds, held or will hold, the present ones first, with their contact."""
    rows = db.session.execute(
        select(Post, Contact)
        .outerjoin(Contact, Contact.post_id == Post.id)
        .where(Post.city_id == current_city(), Post.person_id == person_id)
        .options(joinedload(Post.unit), joinedload(Post.for_unit))
        .order_by(Post.to_on.desc().nulls_first(), Post.from_on.desc(), Post.id)
    )
    return [(post, contact) for post, contact in rows]


def live_posts(person_id: int) -> list[Post]:
    """The posts that a person holds now or is appointed to from a later day."""
    return [post for post, _contact in posts_of(person_id) if not over(post)]


def over(post: Post) -> bool:
    """The post has ended."""
    return post.to_on is not None and post.to_on <= clock.today()


def held(post: Post) -> bool:
    """The post is held today."""
    return post.from_on <= clock.today() and not over(post)


def lent_by_or_to(person_id: int) -> list[Delegation]:
    """Delegations of a person's posts, and those by which he stands in, that are not over; the next to end first."""
    return list(
        db.session.scalars(
            select(Delegation)
            .join(Post, Post.id == Delegation.post_id)
            .where(
                Delegation.city_id == current_city(), Delegation.ended_at.is_(None), Delegation.to_at > clock.now(),
                or_(Post.person_id == person_id, Delegation.to_person_id == person_id),
            )
            .options(
                joinedload(Delegation.post).joinedload(Post.person), joinedload(Delegation.post).joinedload(Post.unit),
                joinedload(Delegation.to_person),
            )
            .order_by(Delegation.to_at, Delegation.id)
        )
    )  # fmt: skip


def candidates(post: Post) -> list[Holder]:
    """Who may take over what waits for this post's holder: others who hold the same role for the same unit; for a
    handler whoever may be named handler there."""
    role = Role(post.role)
    found = handlers_of(post.for_unit_id) if role == Role.HANDLER else holders(post.for_unit_id, role)
    if role == Role.HANDLER and all(one.person_id == post.person_id for one in found):
        found = holders(post.for_unit_id, Role.LIAISON_OFFICER)
    return [one for one in found if one.person_id != post.person_id]


def another_holds(post: Post, on: date) -> bool:
    """Whether somebody else holds this seat on that day, in the unit itself or in its general office."""
    return bool(
        db.session.scalar(
            select(
                exists()
                .where(
                    Post.for_unit_id == post.for_unit_id, Post.role == post.role, Post.id != post.id,
                    Post.person_id != post.person_id, Post.from_on <= on, or_(Post.to_on.is_(None), Post.to_on > on),
                )
                .where(Person.id == Post.person_id, Person.active)
                .where(
                    Unit.id == Post.unit_id, or_(Unit.id == Post.for_unit_id, Unit.kind == Kind.GENERAL_OFFICE)
                )
            )
        )
    )  # fmt: skip


def is_asked_for(person_id: int, unit_id: int, role: Role) -> bool:
    """Whether his appointment waits already for somebody's agreement."""
    asked = exists().where(
        Appointment.city_id == current_city(), Appointment.person_id == person_id, Appointment.unit_id == unit_id,
        Appointment.role == role, Appointment.outcome.is_(None),
    )  # fmt: skip
    return bool(db.session.scalar(select(asked)))


def holders_of(role: Role) -> frozenset[int]:
    """Who holds this role anywhere in the city today."""
    held = select(Post.person_id).where(Post.city_id == current_city(), Post.role == role, in_force(clock.today()))
    return frozenset(db.session.scalars(held))


def same_post(person_id: int, unit_id: int, role: Role, from_on: date, to_on: date | None) -> bool:
    """Whether the person holds this role in this unit already in that period."""
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    Post.city_id == current_city(), Post.person_id == person_id, Post.unit_id == unit_id,
                    Post.role == role, or_(Post.to_on.is_(None), Post.to_on > from_on),
                    Post.from_on < to_on if to_on else Post.from_on.is_not(None),
                )
            )
        )
    )  # fmt: skip


def handover_by_id(handover_id: int) -> Handover | None:
    """The handover, with the person who left."""
    return db.session.scalar(
        select(Handover)
        .where(Handover.city_id == current_city(), Handover.id == handover_id)
        .options(joinedload(Handover.person), joinedload(Handover.made_by))
    )


def handed_posts(handover_id: int) -> list[Post]:
    """The posts that ended with it."""
    return list(
        db.session.scalars(
            select(Post)
            .join(HandoverPost, and_(HandoverPost.post_id == Post.id, HandoverPost.handover_id == handover_id))
            .options(joinedload(Post.unit), joinedload(Post.for_unit))
            .order_by(Post.id)
        )
    )


def receivers_of(handover_id: int) -> list[HandoverReceiver]:
    """Who takes over, and who of them has signed."""
    return list(
        db.session.scalars(
            select(HandoverReceiver)
            .where(HandoverReceiver.handover_id == handover_id)
            .options(joinedload(HandoverReceiver.person))
            .order_by(HandoverReceiver.person_id)
        )
    )


@dataclass(frozen=True, slots=True)
class PastHandover:
    """A handover as a person's page lists it."""

    id: int
    at: datetime


def handovers_of(person_id: int) -> list[PastHandover]:
    """The handovers by which a person left, the latest first."""
    rows = db.session.execute(
        select(Handover.id, Handover.made_at)
        .where(Handover.city_id == current_city(), Handover.person_id == person_id)
        .order_by(Handover.id.desc())
        .limit(20)
    )
    return [PastHandover(handover_id, at) for handover_id, at in rows]


def expected_since() -> date:
    """The day of the last request: a contact confirmed before it counts as unconfirmed."""
    return asked_on(clock.today(), calendar_of(db.session()))


def unconfirmed(contact: Contact | None, since: date) -> bool:
    """Nobody has confirmed it since that day."""
    return contact is None or contact.confirmed_on is None or contact.confirmed_on < since


def serving_officers() -> tuple[Any, ...]:
    """Of posts and persons: liaison officers who serve today."""
    return (Post.role == Role.LIAISON_OFFICER, in_force(clock.today()), Person.id == Post.person_id, Person.active)


def officers_to_ask(since: date) -> list[tuple[int, int, str]]:
    """The liaison officers who have not confirmed since that day: post, person, unit's name."""
    rows = db.session.execute(
        select(Post.id, Post.person_id, Unit.name)
        .join(Person, Person.id == Post.person_id)
        .join(Unit, Unit.id == Post.for_unit_id)
        .outerjoin(Contact, Contact.post_id == Post.id)
        .where(Post.city_id == current_city(), *serving_officers())
        .where(or_(Contact.confirmed_on.is_(None), Contact.confirmed_on < since))
        .order_by(Post.id)
    )
    return [(post_id, person_id, name) for post_id, person_id, name in rows]
