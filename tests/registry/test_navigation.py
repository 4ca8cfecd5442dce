"""The menu and the pages that the ground floor leads to: of features, in one order, one for each purpose."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.access.acts import SIGNED_IN
from portal.access.roles import Role
from portal.features import FEATURES
from portal.kernel.language import _l
from portal.matters.acts import ASSIGN
from portal.registry.feature import Feature, refuse_contradictions, refuse_dead_ends
from portal.registry.navigation import PLACES, SECTIONS, Place, Purpose, Section
from portal.registry.registered import ByName, Unregistrable
from portal.registry.session import SESSION_PARTS, STANDINGS, UNREAD
from portal.web import navigation

BELLS = Section("bells.tower", _l("登录"), "desk", SIGNED_IN)


def test_a_section_that_another_feature_has_is_refused() -> None:
    with pytest.raises(Unregistrable, match=r"bells: the section of the menu overview\.desk is registered by overview already"):
        refuse_contradictions((*FEATURES, Feature(name="bells", sections=(Section("overview.desk", _l("登录"), "desk", None),))))


def test_a_purpose_is_served_by_one_page() -> None:
    with pytest.raises(Unregistrable, match="bells: the page for the purpose search is registered by overview already"):
        refuse_contradictions((*FEATURES, Feature(name="bells", places=(Place(Purpose.SEARCH, "bells.tower"),))))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            Feature(name="bells", sections=(BELLS,)),
            r"bells: the section of the menu bells\.tower leads to bells\.tower, which is no page",
        ),
        (
            Feature(name="bells", places=(Place(Purpose.SEARCH, "bells.tower"),)),
            r"bells: the page for the purpose search leads to bells\.tower, which is no page",
        ),
    ],
)
def test_nothing_leads_to_a_page_that_there_is_not(given: Feature, why: str) -> None:
    with pytest.raises(Unregistrable, match=why):
        refuse_dead_ends([given], set(), set(Role))


def test_a_purpose_without_a_page_is_refused(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    fewer: ByName[Place] = ByName(PLACES.what)
    fewer.fill([("bells", place) for place in PLACES if place.name is not Purpose.SEARCH])
    monkeypatch.setattr("portal.registry.feature.PLACES", fewer)
    with pytest.raises(Unregistrable, match="no feature has a page for the purpose search"):
        refuse_dead_ends(FEATURES, app.view_functions, set(Role))


def test_a_section_that_is_judged_on_a_record_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sections: ByName[Section] = ByName(SECTIONS.what)
    sections.fill([("bells", Section("bells.tower", _l("登录"), "desk", ASSIGN))])
    monkeypatch.setattr(navigation, "SECTIONS", sections)
    with pytest.raises(Unregistrable, match=r"the section of the menu bells\.tower needs an act that is judged on a record"):
        navigation.install(Flask("bells"))


def test_the_floors_below_find_what_they_need_beside_the_session() -> None:
    assert list(SESSION_PARTS.names) == [STANDINGS, UNREAD] == [part.name for feature in FEATURES for part in feature.session_parts]


def test_the_menu_stands_in_the_order_of_its_numbers() -> None:
    assert [section.name for section in SECTIONS] == [
        "overview.desk",
        "instructions.register_list",
        "network.tree",
        "liaisons.liaison_officers",
        "staffing.appointments",
        "network.delegations",
        "bylaws.calendar",
        "bylaws.rules",
        "officers.health",
        "officers.accounts",
        "officers.rules",
        "officers.acts",
        "officers.journal",
    ]
