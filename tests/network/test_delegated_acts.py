"""A delegation covers the kinds of act it names; the secretariat may set one for somebody suddenly away."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal.access.acts import OPEN_TO_ALL, SIGNED_IN
from portal.access.policy import allowed, covers
from portal.access.roles import Role
from portal.instructions.acts import REGISTER
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Forbidden, Invalid, Invisible
from portal.liaisons.service import drives
from portal.matters.acts import READ_MATTER, READ_REGISTER
from portal.network import previews, queries
from portal.network.acts import READ_NETWORK
from portal.network.models import Delegation, Post
from portal.network.service import delegating
from portal.papers.acts import SIGN
from portal.registry.acts import ACTS, Lent
from tests.network.small_network import Network
from tests.world import World

DAY = timedelta(days=1)
READING = {OPEN_TO_ALL, SIGNED_IN, READ_MATTER, READ_REGISTER, READ_NETWORK}


def lend(network: Network, who: str, to: str, *acts: Lent) -> Delegation:
    actor = network.actor(who)
    assert actor.acting is not None
    return delegating.delegate(actor, actor.acting.post_id, network.person(to).id, clock.now(), clock.now() + DAY, False, acts)


def set_for(network: Network, by: str, whose: str, to: str, reason: str = "住院") -> Delegation:
    post = network.actor(whose).acting
    assert post is not None
    return delegating.delegate_for(
        network.actor(by), post.post_id, network.person(to).id, clock.now(), clock.now() + DAY, (Lent.SIGN,), reason
    )


def test_a_stand_in_for_signing_signs_and_does_nothing_else(network: Network) -> None:
    lend(network, "deputy", "director", Lent.SIGN)
    post = network.actor("director").standings[-1]
    assert post.lent == {Lent.SIGN}
    assert {act for act in ACTS if covers(post, act)} == {SIGN, *READING}
    city = network.unit("33").id
    assert network.person("director").id in {one.person_id for one in queries.signers(city, Role.DEPUTY_LEADER)}


def test_who_stands_in_for_other_acts_signs_nothing(network: Network) -> None:
    lend(network, "deputy", "director", Lent.GIVE)
    city = network.unit("33").id
    assert network.person("director").id not in {one.person_id for one in queries.signers(city, Role.DEPUTY_LEADER)}
    assert network.person("director").id in queries.recipients(city, (Role.DEPUTY_LEADER,))
    assert network.person("director").id in queries.recipients(city, (Role.DEPUTY_LEADER,), kind=Lent.GIVE)
    assert network.person("director").id not in queries.recipients(city, (Role.DEPUTY_LEADER,), kind=Lent.SUPERVISE)


def test_a_borrowed_supervisor_registers_nothing_when_only_reviewing_was_lent(network: Network) -> None:
    lend(network, "ducha", "director", Lent.SUPERVISE)
    refused = allowed(network.actor("director"), REGISTER)
    assert not refused
    assert any("没有委托这类事务" in sentence for sentence in refused.unmet)
    assert allowed(network.actor("director"), READ_REGISTER)


def test_everything_includes_the_rest(network: Network) -> None:
    assert lend(network, "deputy", "director", Lent.SIGN, Lent.ALL).acts == ["all"]


def test_a_delegation_of_nothing_is_refused(network: Network) -> None:
    with pytest.raises(Invalid) as refused:
        lend(network, "deputy", "director")
    assert "acts" in refused.value.fields


def test_the_secretariat_sets_a_stand_in_for_somebody_away(network: Network) -> None:
    made = set_for(network, "mishu", "deputy", "deputy2")
    assert (made.set_by_id, made.covers_confidential) == (network.person("mishu").id, False)
    assert delegating.end_delegation(network.actor("mishu"), made.id).ended_at is not None


def test_the_holder_himself_ends_what_was_set_for_him(network: Network) -> None:
    made = set_for(network, "mishu", "deputy", "deputy2")
    assert delegating.end_delegation(network.actor("deputy"), made.id).ended_at is not None
    with pytest.raises(Invisible):
        delegating.end_delegation(network.actor("edu.leader"), made.id)


def test_others_officers_and_the_same_person_are_refused(network: Network) -> None:
    for by in ("leader", "director", "edu.liaison"):
        with pytest.raises(Forbidden):
            set_for(network, by, "deputy", "deputy2")
    with pytest.raises(Forbidden):
        set_for(network, "mishu", "sys.admin", "director")
    with pytest.raises(Invalid) as refused:
        set_for(network, "mishu", "deputy", "deputy")
    assert "本人" in refused.value.fields["to_person"]
    with pytest.raises(Invalid) as refused:
        set_for(network, "mishu", "deputy", "deputy2", "")
    assert "reason" in refused.value.fields


def test_no_circle_is_set_for_others_either(network: Network) -> None:
    set_for(network, "mishu", "deputy", "deputy2")
    with pytest.raises(Invalid) as refused:
        set_for(network, "mishu", "deputy2", "deputy")
    assert "相互委托" in refused.value.fields["to_person"]


def test_the_secretariat_sets_nobody_in_its_own_favour(network: Network) -> None:
    with pytest.raises(Invalid) as refused:
        set_for(network, "mishu", "deputy", "mishu")
    assert "自己" in refused.value.fields["to_person"]
    assert all(one.delegation_id is None for one in network.actor("mishu").standings)


def test_a_secretariat_lent_for_something_else_widens_no_workbook(world: World) -> None:
    with world.work():
        db.session.add(
            Post(
                person_id=world.people["nobody"],
                unit_id=world.units["county_office"],
                for_unit_id=world.units["county"],
                role=Role.SECRETARIAT,
                from_on=date(2020, 1, 1),
            )
        )
    with world.work("city.secretariat"):
        delegating.delegate(
            world.actor("city.secretariat"),
            world.posts["city.secretariat"],
            world.people["nobody"],
            clock.now(),
            clock.now() + DAY,
            False,
            (Lent.SIGN,),
        )
    with world.work("nobody"):
        assert previews.reach_of(world.actor("nobody")) == {world.units["county"]}
        assert drives.drives_of(world.actor("nobody")) == []
