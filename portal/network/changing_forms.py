"""The shape of a change of the tree as it is typed: a unit's names, the unit on the other side, which posts and units
go along, from when and why."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, DateField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from portal.access.roles import Role
from portal.kernel.language import _l
from portal.network import queries, rules
from portal.network.models import ChangeKind, Kind, Level, Unit
from portal.network.service.wanted import MOST_REASON, live_children, posts_of
from portal.web.forms import OfficeForm


def _several(words: Any, hint: Any = "") -> SelectMultipleField:
    """Boxes to tick."""
    return SelectMultipleField(
        words, coerce=int, description=hint, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )


class ChangeForm(OfficeForm):
    """From when, and why."""

    from_on = DateField(
        _l("从哪天起"), [InputRequired(_l("请填写日期"))], description=_l("今日或以后；以后的到那天自动执行，此前可以取消")
    )
    reason = StringField(
        _l("依据或理由"),
        [InputRequired(_l("请写明依据或理由")), Length(max=MOST_REASON)],
        description=_l("如：市委编办〔2026〕12号"),
    )


def _label(text: Any, most: int, required: bool = True, hint: Any = "") -> StringField:
    rules_ = [InputRequired(_l("请填写"))] if required else []
    return StringField(text, [*rules_, Length(max=most)], description=hint)


def _names() -> dict[str, Any]:
    return {
        "name": _label(_l("单位名称"), rules.LONGEST[rules.NAME]),
        "short_name": _label(_l("简称"), rules.LONGEST[rules.SHORT_NAME], False),
        "official_name": _label(_l("规范名称"), 120, False, _l("印在公文上的全称，与单位名称不同时填写")),
        "document_prefix": _label(_l("机关代字"), rules.LONGEST[rules.PREFIX], False, _l("如：温委办")),
    }


def _kinds() -> SelectField:
    return SelectField(_l("类别"), choices=[SelectChoice(str(kind), kind.label) for kind in Kind])


def _levels() -> SelectField:
    return SelectField(_l("层级"), choices=[SelectChoice(str(level), level.label) for level in Level])


def _form(title: str, /, **fields: Any) -> type[ChangeForm]:
    return type(title, (ChangeForm,), fields)


def _posts(words: Any) -> SelectMultipleField:
    return _several(words, _l("没有勾选的岗位到那天结束，其委托同时结束"))


_other = _l("输入名称、简称、代码或拼音")
FORMS: dict[ChangeKind, type[ChangeForm]] = {
    ChangeKind.FOUND: _form("FoundForm", code=_label(_l("单位代码"), rules.LONGEST[rules.CODE], True,
                                                     _l("有行政区划代码的用区划代码；撤销单位的代码不再用")),
                            **_names(), kind=_kinds(), level=_levels()),
    ChangeKind.RENAME: _form("RenameForm", **_names()),
    ChangeKind.MOVE: _form("MoveForm", parent=_label(_l("划到哪个单位之下"), 120, True, _other)),
    ChangeKind.MERGE: _form("MergeForm", into=_label(_l("并入哪个单位"), 120, True, _other), moving=_posts(_l("转入的岗位"))),
    ChangeKind.SPLIT: _form(
        "SplitForm", code=_label(_l("新单位代码"), rules.LONGEST[rules.CODE]), **_names(), kind=_kinds(), level=_levels(),
        children=_several(_l("划给新单位的下级单位")), moving=_several(_l("转入新单位的岗位")),
        goes=BooleanField(_l("原单位同时撤销，未办结的工作都由新单位承接"),
                          description=_l("不选的，未办结的工作仍由原单位办理；选了，未转入的岗位到那天结束")),
    ),
    ChangeKind.RETIRE: _form("RetireForm",
                             heir=_label(_l("承接单位"), 120, False, _l("下级单位和未办结的工作由它承接；内设机构可以不填")),
                             moving=_posts(_l("转入承接单位的岗位"))),
}  # fmt: skip
_FACTS = {
    "parent": "parent_id", "into": "into_id", "heir": "heir_id",
}  # fmt: skip


def choices_of(form: ChangeForm, unit: Unit) -> None:
    """What can be ticked: the unit's own posts and the units right below it; where there is nothing, no field."""
    if "moving" in form:
        posts = posts_of(unit.id)
        form["moving"].choices = [(post.id, f"{post.person.name}　{Role(post.role).label}") for post in posts]
        if not posts:
            del form["moving"]
    if "children" in form:
        below = live_children(unit.id)
        form["children"].choices = [(one.id, one.name) for one in below]
        if not below:
            del form["children"]
    if "heir" in form and not unit.is_organ:
        form["heir"].flags.required = True
        form["heir"].description = _l("下级单位和未办结的工作由它承接")


def drawn_from(form: ChangeForm, unit: Unit) -> None:
    """A new form says what is: the names, the level below, and that every post goes along."""
    if "code" in form:
        form["level"].data = str(unit.level)
        form["kind"].data = str(unit.kind if isinstance(form, FORMS[ChangeKind.SPLIT]) else Kind.DEPARTMENT)
    elif "name" in form:
        for name in ("name", "short_name", "official_name", "document_prefix"):
            form[name].data = getattr(unit, name)
    elif "moving" in form:
        form["moving"].data = [value for value, _words in form["moving"].choices]


def facts_in(form: ChangeForm) -> dict[str, Any]:
    """What is wanted, as it is written down. Raises Invalid where it is not clear which unit was typed."""
    facts: dict[str, Any] = {}
    for name, data in form.data.items():
        if name in ("from_on", "reason", "version", "request_key", "csrf_token"):
            continue
        if name in _FACTS:
            meant = queries.unit_typed(data, name)
            facts[_FACTS[name]] = meant.id if meant else None
        else:
            facts[name] = data
    return facts
