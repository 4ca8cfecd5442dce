"""A person who is away names a stand-in for a period; not himself, not in a circle, not an officer."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access.policy import allowed
from portal.access.roles import Role
from portal.audit.models import JournalEntry
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Forbidden, Invalid, Invisible
from portal.network import acts, queries
from portal.network.models import Delegation, Post
from portal.network.service import delegating
from tests.at_the_door import PASSWORD, code_now, csrf_token, give_second_factor
from tests.network.small_network import Network

DAY = timedelta(days=1)


def lend(
    network: Network,
    who: str,
    to: str,
    *,
    start: timedelta = timedelta(0),
    days: int = 7,
    confidential: bool = False,
) -> Delegation:
    actor = network.actor(who)
    assert actor.acting is not None
    now: datetime = clock.now()
    return delegating.delegate(
        actor, actor.acting.post_id, network.person(to).id, now + start, now + start + days * DAY, confidential
    )


def test_the_stand_in_acts_in_the_post_while_it_lasts(network: Network) -> None:
    made = lend(network, "deputy", "director")
    standing = network.actor("director").standings[-1]
    assert (standing.role, standing.delegation_id, standing.covers_confidential) == (
        Role.DEPUTY_LEADER,
        made.id,
        False,
    )
    assert network.actor("director", made.post_id).acting == standing
    city = network.unit("33")
    assert [(h.name, h.delegation_id) for h in queries.signers(city.id, Role.DEPUTY_LEADER)] == [
        ("副书记", None),
        ("秘书长", None),
        ("市委办主任", made.id),
    ]
    assert network.person("director").id in queries.recipients(city.id, (Role.DEPUTY_LEADER,))
    with clock.set_to(made.to_at):
        assert len(network.actor("director").standings) == 1
        assert len(queries.signers(city.id, Role.DEPUTY_LEADER)) == 2


def test_confidential_matters_are_covered_only_where_named(network: Network) -> None:
    city = network.unit("33")
    lend(network, "deputy", "director")
    named = lend(network, "leader", "director", confidential=True)
    assert len(queries.signers(city.id, Role.DEPUTY_LEADER, confidential=True)) == 2
    signers = queries.signers(city.id, Role.PRINCIPAL_LEADER, confidential=True)
    assert [(h.name, h.delegation_id) for h in signers] == [("书记", None), ("市委办主任", named.id)]
    by_role = {s.role: s.covers_confidential for s in network.actor("director").standings}
    assert by_role == {Role.OFFICE_DIRECTOR: True, Role.DEPUTY_LEADER: False, Role.PRINCIPAL_LEADER: True}


def test_a_delegation_is_written_down_with_the_post(network: Network) -> None:
    made = lend(network, "deputy", "director", confidential=True)
    delegating.end_delegation(network.actor("deputy"), made.id)
    entries = db.session.scalars(
        select(JournalEntry).where(JournalEntry.subject_kind == "delegation").order_by(JournalEntry.id)
    ).all()
    assert [entry.act for entry in entries] == ["delegate", "end_delegation"]
    assert entries[0].post_id == made.post_id
    assert entries[0].after is not None
    assert entries[0].after["covers_confidential"] is True
    assert len(network.actor("director").standings) == 1


def test_nobody_delegates_to_himself(network: Network) -> None:
    with pytest.raises(Invalid) as refused:
        lend(network, "deputy", "deputy")
    assert "自己" in refused.value.fields["to_person"]


def test_nobody_delegates_in_a_circle(network: Network) -> None:
    lend(network, "deputy", "director")
    lend(network, "director", "deputy2")
    with pytest.raises(Invalid) as refused:
        lend(network, "deputy2", "deputy", start=3 * DAY)
    assert "相互委托" in refused.value.fields["to_person"]


def test_one_after_the_other_is_no_circle(network: Network) -> None:
    lend(network, "deputy", "director")
    lend(network, "director", "deputy", start=8 * DAY)
    assert len(delegating.delegations_of(network.actor("deputy"))) == 2


def test_an_ended_delegation_closes_no_circle(network: Network) -> None:
    made = lend(network, "deputy", "director")
    delegating.end_delegation(network.actor("deputy"), made.id)
    assert lend(network, "director", "deputy").id


@pytest.mark.parametrize(
    ("start", "days", "field"),
    [(timedelta(0), 0, "to_day"), (timedelta(0), -1, "to_day"), (-9 * DAY, 5, "to_day"), (timedelta(0), 91, "to_day")],
)
def test_an_impossible_period_is_refused(network: Network, start: timedelta, days: int, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        lend(network, "deputy", "director", start=start, days=days)
    assert field in refused.value.fields


def test_ninety_days_are_allowed(network: Network) -> None:
    assert lend(network, "deputy", "director", days=90).id


def test_an_inactive_person_an_officer_and_a_stranger_do_not_stand_in(network: Network) -> None:
    network.person("deputy2").active = False
    db.session.flush()
    for name in ("deputy2", "sys.admin"):
        with pytest.raises(Invalid) as refused:
            lend(network, "deputy", name)
        assert "to_person" in refused.value.fields
    actor = network.actor("deputy")
    assert actor.acting is not None
    with pytest.raises(Invalid):
        delegating.delegate(actor, actor.acting.post_id, 999_999, clock.now(), clock.now() + DAY, False)


def test_only_ones_own_post_is_delegated(network: Network) -> None:
    other = network.actor("leader").acting
    assert other is not None
    with pytest.raises(Forbidden):
        delegating.delegate(
            network.actor("deputy"), other.post_id, network.person("director").id, clock.now(), clock.now() + DAY, False
        )
    lent = lend(network, "deputy", "director")
    with pytest.raises(Forbidden):
        delegating.delegate(
            network.actor("director"), lent.post_id, network.person("mishu").id, clock.now(), clock.now() + DAY, False
        )


def test_an_officer_delegates_nothing(network: Network) -> None:
    assert not allowed(network.actor("sys.admin"), acts.DELEGATE)
    with pytest.raises(Forbidden):
        lend(network, "sys.admin", "mishu")


def test_the_same_post_is_not_lent_twice_to_the_same_person(network: Network) -> None:
    lend(network, "deputy", "director")
    with pytest.raises(Invalid):
        lend(network, "deputy", "director", start=DAY)


def test_anothers_delegation_cannot_be_ended(network: Network) -> None:
    made = lend(network, "deputy", "director")
    for name in ("director", "leader"):
        with pytest.raises(Invisible):
            delegating.end_delegation(network.actor(name), made.id)
    assert made.ended_at is None


def test_who_has_left_lends_nothing_any_more(network: Network) -> None:
    lend(network, "deputy", "director")
    network.person("deputy").active = False
    db.session.flush()
    assert [s.role for s in network.actor("director").standings] == [Role.OFFICE_DIRECTOR]


def sign_in(client: FlaskClient, site: Network, name: str) -> None:
    address = site.url("sign-in")
    answer = client.post(address, data={"csrf_token": csrf_token(client, address), "name": name, "password": PASSWORD})
    assert answer.status_code == 303


def sign_in_officer(client: FlaskClient, site: Network, name: str) -> None:
    """An officer reaches no page before he has a second factor."""
    with site.inside():
        give_second_factor(site.person(name).id)
        db.session.commit()
    sign_in(client, site, name)
    step = site.url("sign-in/code")
    answer = client.post(step, data={"csrf_token": csrf_token(client, step), "passcode": code_now()})
    assert answer.status_code == 303


def post_delegation(client: FlaskClient, site: Network, **changed: object) -> tuple[int, str]:
    address = site.url("delegations")
    with site.inside():
        acting, stand_in = site.actor("deputy").acting, site.person("director").id
    assert acting is not None
    data = {
        "csrf_token": csrf_token(client, address),
        "post": acting.post_id,
        "to_person": stand_in,
        "acts": "all",
        "from_day": clock.today().isoformat(),
        "to_day": (clock.today() + 2 * DAY).isoformat(),
    }
    answer = client.post(address, data=data | changed)
    return answer.status_code, answer.get_data(as_text=True)


def test_the_page_makes_and_ends_a_delegation(client: FlaskClient, site: Network) -> None:
    sign_in(client, site, "deputy")
    assert post_delegation(client, site)[0] == 303
    shown = client.get(site.url("delegations")).get_data(as_text=True)
    assert "生效中" in shown
    with site.inside():
        made = db.session.scalars(select(Delegation).where(Delegation.city_id == site.city_id)).one()
        assert made.to_at == clock.end_of(clock.today() + 2 * DAY)
        made_id = made.id
    ended = client.post(
        site.url(f"delegations/{made_id}/end"),
        data={"csrf_token": csrf_token(client, site.url("delegations"))},
    )
    assert ended.status_code == 303
    assert "已提前结束" in client.get(site.url("delegations")).get_data(as_text=True)


def test_a_refused_delegation_keeps_what_was_typed(client: FlaskClient, site: Network) -> None:
    sign_in(client, site, "deputy")
    fresh = client.get(site.url("delegations")).get_data(as_text=True)
    assert re.search(r'<option[^>]* value="">请选择</option>', fresh), "nobody is chosen beforehand"
    typed = (clock.today() + 200 * DAY).isoformat()
    status, shown = post_delegation(client, site, to_day=typed, covers_confidential="y")
    assert status == 422
    assert "最长 90 天" in shown
    assert f'value="{typed}"' in shown
    for bad in (
        {"to_day": "2026-02-30"},
        {"to_person": 0},
        {"to_person": ""},
        {"to_person": "x"},
        {"post": 999_999},
        {"from_day": ""},
    ):
        assert post_delegation(client, site, **bad)[0] == 422, bad
    with site.inside():
        assert db.session.scalar(select(Delegation.id).where(Delegation.city_id == site.city_id)) is None


def test_an_officer_and_a_passer_by_find_no_delegations(client: FlaskClient, site: Network) -> None:
    assert client.get(site.url("delegations")).status_code == 303
    sign_in_officer(client, site, "sys.admin")
    assert client.get(site.url("delegations")).status_code == 403


def test_whoever_has_no_business_post_of_his_own_stands_in_for_nobody(network: Network) -> None:
    made = lend(network, "deputy", "director")
    stand_in, city = network.person("director").id, network.unit("33")
    posts = db.session.scalars(select(Post).where(Post.person_id == stand_in, Post.to_on.is_(None))).all()
    for post in posts:
        post.to_on = clock.today()
    db.session.flush()
    assert network.actor("director").standings == ()
    assert network.actor("director").principals == ()
    assert made.id not in {one.delegation_id for one in queries.signers(city.id, Role.DEPUTY_LEADER)}
    assert stand_in not in queries.recipients(city.id, (Role.DEPUTY_LEADER,))
    db.session.add(Post(person_id=stand_in, unit_id=city.id, for_unit_id=city.id, role=Role.AUDITOR, from_on=clock.today()))
    db.session.flush()
    assert {one.role for one in network.actor("director").standings} == {Role.AUDITOR}
