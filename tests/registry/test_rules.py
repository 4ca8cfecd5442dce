"""The rules that a city sets for itself: each set is brought by the feature that it is about, whole and with a name of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from wtforms import IntegerField

from portal.bylaws.bylaw import Bylaw
from portal.bylaws.forms import RulesForm
from portal.bylaws.rules import Said
from portal.deadlines.queries import forget, set_of
from portal.deadlines.rules import Faulty
from portal.deadlines.versions import CALENDAR, NOTICE, Origin, Versioned
from portal.features import FEATURES
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _l
from portal.matters.bylaws import LIMITS
from portal.registry.feature import Feature, refuse_contradictions, refuse_untranslated
from portal.registry.registered import ByName, Unregistrable
from portal.registry.rules import RULES, Rules
from tests.bylaws.conftest import typed
from tests.world import World


@dataclass(frozen=True, slots=True)
class Bells:
    """How often the bells are rung."""

    version: int
    times: int
    origin: Origin | None = None

    def __post_init__(self) -> None:
        if self.times > 12:
            raise Faulty("bells_many", "too many", _l("最多 %(most)d 档", most=12))

    def to_json(self) -> dict[str, Any]:
        return {"version": self.version, "times": self.times}

    @classmethod
    def from_json(cls, data: Any) -> Self:
        return cls(**data)


class BellsForm(RulesForm[Bells]):
    """How often."""

    times = IntegerField(_l("天数"))

    def rules(self, version: int) -> Bells:
        return Bells(version, self.times.data or 0)

    def show(self, rules: Bells) -> None:
        self.times.data = rules.times

    def field_of(self, _fault: Faulty) -> str:
        return "times"


def facts(bells: Bells) -> list[Said]:
    return [("钟", f"{bells.times} 响")]


def results(bells: Bells, _calendar: object, moment: datetime) -> list[Said]:
    return [("钟", f"{moment:%Y} 年 {bells.times} 响")]


BELLS = Bylaw(
    of=Versioned("bells", Bells(1, 3)),
    title=_l("催办提醒"),
    source=_l("系统默认，按督查工作的规定设置"),
    order=250,
    form=BellsForm,
    template="bells.html",
    drawn=lambda bells: {"times": bells.times},
    facts=facts,
    results=results,
    example=lambda _moment: "钟声",
)
DRAWN = "{% macro drawn(title, times) %}<p>{{ title }}：{{ times }} 响</p>{% endmacro %}{% macro typed(form) %}{{ form.times() }}{% endmacro %}"


def test_the_sets_stand_in_the_order_of_the_page() -> None:
    assert RULES.names == ("deadlines", "ladder", "limits")
    assert {feature.name for feature in FEATURES if feature.rules} == {"instructions", "matters"}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (LIMITS, "bells: the set of rules limits is registered by matters already"),
        (replace(BELLS, of=Versioned("", Bells(1, 3))), "bells: a set of rules has no name"),
        (replace(BELLS, of=Versioned(CALENDAR, Bells(1, 3))), "bells: the set of rules calendar is called as the notices of"),
        (replace(BELLS, of=Versioned("b" * 25, Bells(1, 3))), f"bells: the set of rules {'b' * 25} has a name of more than 24"),
        (replace(BELLS, of=Versioned("bells", Bells(2, 3))), "bells: the set of rules bells has a default that is not version 1"),
    ],
)
def test_a_set_that_cannot_stand_is_named_with_its_feature(row: Rules, why: str) -> None:
    with pytest.raises(Unregistrable) as refusal:
        refuse_contradictions((*FEATURES, Feature(name="bells", rules=(row,))))
    assert str(refusal.value).startswith(why)


@pytest.mark.parametrize("words", ["title", "source"])
def test_a_set_without_english_words(app: Flask, words: str) -> None:
    with app.app_context():
        refuse_untranslated([Feature(name="bells", rules=(BELLS,))])
        row = replace(BELLS, **{words: _l("钟响了")})  # type: ignore[arg-type]
        with pytest.raises(Unregistrable, match=r"^bells: the set of rules bells is not said in English: 钟响了"):
            refuse_untranslated([Feature(name="bells", rules=(row,))])


def test_one_more_set_is_drawn_compared_refused_previewed_published_and_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    more: ByName[Rules] = ByName(RULES.what, order=lambda rules: rules.order)
    more.fill([("portal", row) for row in RULES] + [("bells", BELLS)])
    monkeypatch.setattr("portal.bylaws.routes.rules.RULES", more)
    loader = ChoiceLoader([DictLoader({"bells.html": DRAWN}), world.app.jinja_env.loader])  # type: ignore[list-item]
    monkeypatch.setattr(world.app.jinja_env, "loader", loader)
    head = world.browser("city.head")
    page = head.get(world.url("rules")).get_data(as_text=True)
    assert page.index("rules/ladder") < page.index("<p>催办提醒：3 响</p>") < page.index("rules/limits/edit")

    address = world.url("rules/bells/edit")
    form = typed(head.get(address).get_data(as_text=True)) | {"reason": "试行", "times": "13", "step": "preview"}
    refused = head.post(address, data=form)
    assert refused.status_code == 422 and "最多 12 档" in refused.get_data(as_text=True)
    shown = head.post(address, data=form | {"times": "5"}).get_data(as_text=True)
    assert "<del>3 响</del>" in shown and "<ins>5 响</ins>" in shown and "钟声" in shown
    assert head.post(address, data=typed(shown) | {"step": "publish"}).status_code == 303
    forget(world.id)
    assert "3 响" in head.get(world.url("rules/bells")).get_data(as_text=True)
    with world.work():
        assert set_of(db.session(), BELLS.of).times == 3
        assert set_of(db.session(), BELLS.of, at=clock.now() + NOTICE).times == 5
