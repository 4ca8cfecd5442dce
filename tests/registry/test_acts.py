"""Acts that cannot stand are refused at start, with a sentence that names the row and the feature."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec

import pytest
from flask import Flask
from flask_babel import LazyString

from portal.access.predicates import predicate
from portal.features import FEATURES
from portal.kernel.language import _l
from portal.registry.acts import ANYONE, Act
from portal.registry.feature import Feature, refuse_contradictions, refuse_untranslated
from portal.registry.registered import Unregistrable

READ = Act("read_shop", _l("查看台账"), rows=ANYONE)
UNSAID = LazyString(lambda: "")


def shop(*brought: Act) -> Feature:
    return Feature(name="shop", acts=brought)


def refused(*features: Feature) -> str:
    with pytest.raises(Unregistrable) as refusal:
        refuse_contradictions(features)
    return str(refusal.value)


def test_two_acts_of_one_name() -> None:
    other = Feature(name="bakery", acts=(replace(READ),))
    assert refused(shop(READ), other) == "bakery: the act read_shop is registered by shop already"
    assert refused(shop(READ, READ)) == "shop: the act read_shop is registered by shop already"


def test_an_act_without_rows() -> None:
    assert refused(shop(replace(READ, rows=()))) == "shop: the act read_shop has no rows: nobody could ever do it"


def test_an_act_without_words() -> None:
    assert refused(shop(replace(READ, label=UNSAID))) == "shop: the act read_shop has no words for its label"


@pytest.mark.parametrize(
    ("sentence", "meant", "what"),
    [(UNSAID, _l("承办人"), "sentence of never"), (_l("须由承办人办理"), UNSAID, "meaning of never")],
)
def test_a_condition_without_words(sentence: LazyString, meant: LazyString, what: str) -> None:
    @predicate(sentence, meant)
    def never(*_of: object) -> bool:
        return False

    assert refused(shop(replace(READ, rows=((never,),)))) == f"shop: the act read_shop has no words for its {what}"


def test_an_act_without_english_words(app: Flask) -> None:
    with app.app_context():
        refuse_untranslated([shop(READ)])
        with pytest.raises(Unregistrable, match="shop: the label of the act read_shop is not said in English"):
            refuse_untranslated([shop(replace(READ, label=LazyString(lambda: "开店")))])


def test_no_act_is_forgotten() -> None:
    for feature in FEATURES:
        there = find_spec(f"portal.{feature.name}.acts")
        module = vars(import_module(f"portal.{feature.name}.acts")) if there else {}
        assert set(feature.acts) == {one for one in module.values() if isinstance(one, Act)}, feature.name
