"""What is registered: read only after it was handed down, once; nothing twice, nothing incomplete, with row and feature named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask_babel import LazyString

from portal.access.roles import Role
from portal.features import FEATURES
from portal.kernel.language import _l
from portal.registry.feature import Feature, hand_down, refuse_contradictions, refuse_dead_ends, refuse_untranslated
from portal.registry.journal import Journal, Word
from portal.registry.messages import MESSAGES, Group, MessageKind, Opens
from portal.registry.navigation import Section
from portal.registry.registered import ByName, Registered, Unregistrable
from portal.registry.tasks import Task

CLOSED: LazyString = _l("已办结")
BELL = MessageKind("bell_rung", Group.OFFICE, CLOSED)


def refused(*features: Feature) -> str:
    with pytest.raises(Unregistrable) as refusal:
        refuse_contradictions(features)
    return str(refusal.value)


def test_a_list_is_not_read_before_it_was_handed_down() -> None:
    kinds: ByName[MessageKind] = ByName("kind of message")
    for read in (lambda: list(kinds), lambda: kinds["bell_rung"], lambda: "bell_rung" in kinds, lambda: kinds.get("bell_rung")):
        with pytest.raises(RuntimeError, match="no kind of message is known before"):
            read()
    kinds.fill([("bells", BELL)])
    assert (list(kinds), kinds["bell_rung"], kinds.get("silence")) == ([BELL], BELL, None)


def test_a_list_is_handed_down_once() -> None:
    with pytest.raises(RuntimeError, match="handed down already"):
        hand_down(FEATURES)


def test_the_same_thing_is_not_registered_twice() -> None:
    hooks: Registered[object] = Registered("hook")
    with pytest.raises(Unregistrable, match="steps: a hook is registered by bells already"):
        hooks.fill([("bells", BELL), ("steps", BELL)])


def test_two_features_of_one_name_are_refused() -> None:
    with pytest.raises(Unregistrable, match="bells"):
        refuse_contradictions([Feature(name="bells"), Feature(name="bells")])


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (replace(BELL, name="closed"), "bells: the kind of message closed is registered by matters already"),
        (replace(BELL, name=""), "bells: a kind of message has no name"),
        (replace(BELL, blanks=("unit",)), "bells: the kind of message bell_rung has blanks, but no sentence for them"),
        (replace(BELL, full=CLOSED, blanks=()), "bells: the kind of message bell_rung has a sentence that is never said"),
        (replace(BELL, opens=Opens("front", "about")), "bells: the kind of message bell_rung opens a page with an argument that"),
    ],
)
def test_a_kind_of_message_that_cannot_stand_is_named_with_its_feature(row: MessageKind, why: str) -> None:
    assert refused(*FEATURES, Feature(name="bells", messages=(row,))).startswith(why)


def test_a_message_does_not_lead_nowhere() -> None:
    bells = Feature(name="bells", messages=(replace(BELL, opens=Opens("bells.tower")),))
    with pytest.raises(Unregistrable, match=r"bells: the kind of message bell_rung leads to bells\.tower, which is no page"):
        refuse_dead_ends([bells], {"front"}, set(Role))


def test_every_message_of_a_feature_is_known() -> None:
    assert {row.name for feature in FEATURES for row in feature.messages} == {row.name for row in MESSAGES}


@pytest.mark.parametrize(
    ("given", "which"),
    [
        (Feature(name="bells", messages=(replace(BELL, constant=_l("钟响了")),)), "kind of message bell_rung"),
        (Feature(name="bells", messages=(replace(BELL, full=_l("钟响了：%(title)s")),)), "kind of message bell_rung"),
        (Feature(name="bells", journal=Journal(acts=(Word("ring", _l("钟响了"), 1),))), "act of the journal ring"),
        (Feature(name="bells", entries=(Word("ring", _l("钟响了"), 1),)), "act of the journal ring"),
        (Feature(name="bells", tasks=(Task("ring", CLOSED, _l("钟响了"), ("handler",)),)), "task ring"),
        (
            Feature(name="bells", sections=(Section("bells.tower", CLOSED, "desk", None, _l("钟响了")),)),
            "section of the menu bells.tower",
        ),
    ],
)
def test_what_is_not_said_in_both_languages_is_named_with_its_feature(app: Flask, given: Feature, which: str) -> None:
    with app.app_context():
        refuse_untranslated(FEATURES)
        with pytest.raises(Unregistrable, match=f"^bells: the {which} is not said in English: 钟响了"):
            refuse_untranslated([given])
