"""Every page and form whose address names a record: with another city's record it answers as with none at all, byte for byte."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.collections.models import Collection, CollectionUnit
from portal.kernel import clock
from portal.kernel.db import db
from portal.liaisons.service import drives
from portal.network.models import Absence, ChangeKind, Delegation, Post, UnitChange
from portal.network.service import being_away
from portal.network.service.delegating import delegate
from portal.officers.models import SensitiveAct
from portal.officers.rules import Kind
from portal.officers.service import propose
from portal.staffing.models import Handover
from portal.staffing.service.leaving import hand_over
from tests.network.test_changes import do
from tests.world import World

NOWHERE = {
    "person_id": 999_999_999,
    "unit_id": 999_999_999,
    "post_id": 999_999_999,
    "delegation_id": 999_999_999,
    "absence_id": 999_999_999,
    "change_id": 999_999_999,
    "drive_id": 999_999_999,
    "nomination_id": 999_999_999,
    "handover_id": 999_999_999,
    "act_id": "00000000-0000-4000-8000-000000000000",
}


def records(world: World) -> dict[str, Any]:
    """One record of each kind in this city."""
    now = clock.now()
    with world.work("health.director"):
        actor = world.actor("health.director")
        delegate(actor, world.posts["health.director"], world.people["health.deputy"], now, now + timedelta(days=1), False)
        being_away.be_away(actor, clock.today(), clock.today())
    do(world, ChangeKind.RENAME, "finance", on=clock.today() + timedelta(days=3), name="市财政金融局")
    with world.work("city.secretariat"):
        actor = world.actor("city.secretariat")
        drives.open_drive(
            actor,
            world.units["city"],
            levels=["city"],
            kinds=["department"],
            title="推荐",
            words=None,
            until=clock.today() + timedelta(days=20),
        )
        hand_over(actor, world.people["health.handler"], {world.posts["health.handler"]: None}, reason="调离")
    with world.work("city.security"):
        propose(world.actor("city.security"), Kind.DEACTIVATE, "离岗", person_id=world.people["nobody"])
    with world.work():

        def first(model: Any) -> Any:
            return db.session.scalars(select(model.id).where(model.city_id == world.id).limit(1)).one()

        return {
            "person_id": world.people["finance.handler"],
            "unit_id": world.units["finance"],
            "post_id": first(Post),
            "delegation_id": first(Delegation),
            "absence_id": first(Absence),
            "change_id": first(UnitChange),
            "drive_id": first(Collection),
            "nomination_id": first(CollectionUnit),
            "handover_id": first(Handover),
            "act_id": first(SensitiveAct),
        }


@pytest.mark.parametrize("by", ["city.secretariat", "city.security", "health.director"])
def test_another_citys_records_are_not_there(world: World, new_world: Any, by: str) -> None:
    theirs = records(new_world())
    client = world.browser(by)
    token = world.token(client)
    tried = 0
    with world.app.test_request_context():
        adapter = world.app.url_map.bind("localhost")
        rules = [
            rule
            for rule in world.app.url_map.iter_rules()
            if rule.arguments - {"city"} and rule.arguments - {"city"} <= set(NOWHERE)
        ]
    for rule in rules:
        wanted = rule.arguments - {"city"}
        for method in sorted({"GET", "POST"} & set(rule.methods or ())):
            answers = []
            for ids in (theirs, NOWHERE):
                address = adapter.build(rule.endpoint, {"city": world.slug, **{name: ids[name] for name in wanted}}, method=method)
                answer = client.open(address, method=method, data={"csrf_token": token} if method == "POST" else None)
                shown = answer.get_data(as_text=True)
                for name in wanted:  # in addresses that the page repeats
                    shown = re.sub(rf"(/|%2F){ids[name]}\b", "/#", shown)
                answers.append((answer.status_code, re.sub(r'value="[\w.-]{40,}"', "", shown)))
            assert answers[0] == answers[1], (rule.rule, method)
            assert answers[0][0] in (403, 404), (rule.rule, method, answers[0][0])
            tried += 1
    assert tried > 30
