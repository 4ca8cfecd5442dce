"""What each kind of message says: a fixed sentence with blanks, rendered in the reader's language when it is shown.

Every kind has two sentences: one with blanks, and a constant one. About a confidential matter only the number is ever
kept, so the constant sentence is what is left; it also serves where a blank was not given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import LazyString

from portal.access.roles import Role
from portal.deadlines.words import day_words
from portal.kernel.language import _, _l, _n
from portal.notify.fields import FIELDS

Facts = Mapping[str, Any]

# What a message may keep. A fact of another name is a mistake of ours and is refused.
BLANKS = frozenset(
    {
        "number",
        "title",
        "unit",
        "by",
        "days",
        "until",
        "granted",
        "round",
        "year",
        "count",
        "say",
        "address",
        "role",
        "about",
        "changed",
        "ended",
    }
)


@dataclass(frozen=True, slots=True)
class Kind:
    """`constant` needs nothing; `full` needs the facts named in `blanks`."""

    constant: LazyString
    full: Callable[[Facts], str]
    blanks: tuple[str, ...] = ("title",)


def text_of(kind: str, facts: Facts) -> str:
    """The sentence of a message, without the matter's number, which stands beside it."""
    known = KINDS[kind]
    if all(facts.get(name) is not None for name in known.blanks):
        return known.full(facts)
    return str(known.constant)


def kept(kind: str, facts: Facts) -> dict[str, Any]:
    """The facts that the message's row keeps: of a confidential matter the number alone. Raises KeyError for an
    unknown kind, ValueError for an unknown fact."""
    if kind not in KINDS:
        raise KeyError(kind)
    given = {name: value for name, value in facts.items() if name != "confidential"}
    if strange := given.keys() - BLANKS:
        raise ValueError(f"a message of kind {kind} has no blank for {', '.join(sorted(strange))}")
    if facts.get("confidential"):
        given = {name: value for name, value in given.items() if name == "number"}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in given.items() if value is not None}


def _until(facts: Facts) -> str:
    return day_words(date.fromisoformat(facts["until"]))


def _decided(facts: Facts) -> str:
    if facts["granted"]:
        if facts.get("until"):
            return _("准予延期至%(until)s：%(title)s", until=_until(facts), title=facts["title"])
        return _("准予延期：%(title)s", title=facts["title"])
    return _("不予延期：%(title)s", title=facts["title"])


_ENDED = {"reassign_unit": _l("已改派其他单位"), "decline": _l("已退回交办")}


def _changed(facts: Facts) -> str:
    """Which fields were corrected; and by when it is due now, where that moved."""
    what = _("、").join(str(FIELDS[name]) for name in facts["changed"])
    return _("%(what)s；现期限%(until)s", what=what, until=_until(facts)) if facts.get("until") else what


def _plain(sentence: LazyString) -> Kind:
    """A message that names nothing: one sentence serves."""
    return Kind(sentence, lambda _facts: str(sentence), ())


KINDS: dict[str, Kind] = {
    "co_assigned": Kind(_l("请本单位协办的事项"), lambda f: _("请本单位协办：%(title)s", title=f["title"])),
    "co_handler_named": Kind(_l("请您协办"), lambda f: _("请您协办：%(title)s", title=f["title"])),
    "forwarded": Kind(_l("转办给本单位，请指定承办人"), lambda f: _("转办给本单位，请指定承办人：%(title)s", title=f["title"])),
    "name_handler": Kind(_l("交办给本单位，请指定承办人"), lambda f: _("交办给本单位，请指定承办人：%(title)s", title=f["title"])),
    "handler_named": Kind(_l("交您承办，请签收"), lambda f: _("交您承办，请签收：%(title)s", title=f["title"])),
    "handler_replaced": Kind(_l("已改由他人承办"), lambda f: _("已改由他人承办：%(title)s", title=f["title"])),
    "acknowledged": Kind(_l("已签收"), lambda f: _("%(unit)s已签收：%(title)s", **_of(f)), ("unit", "title")),
    "declined": Kind(
        _l("交办被退回，请另行交办"),
        lambda f: _("%(by)s退回交办，请另行交办：%(title)s", by=f["by"], title=f["title"]),
        ("by", "title"),
    ),
    "reassigned": Kind(_l("已改派其他单位"), lambda f: _("已改派其他单位：%(title)s", title=f["title"])),
    "unit_followed": Kind(
        _l("因机构调整，改由承接单位办理"),
        lambda f: _("因机构调整，改由%(unit)s办理：%(title)s", **_of(f)),
        ("unit", "title"),
    ),
    "change_refused": Kind(
        _l("一项到期的机构变更未能执行，请查看"),
        lambda f: _("“%(unit)s”到期的机构变更未能执行，请查看", unit=f["unit"]),
        ("unit",),
    ),
    "amended": Kind(
        _l("登记内容已更正"),
        lambda f: _("登记内容已更正（%(what)s）：%(title)s", what=_changed(f), title=f["title"]),
        ("changed", "title"),
    ),
    "parent_amended": Kind(
        _l("上级事项已更正"),
        lambda f: _("上级事项已更正（%(what)s）：%(title)s", what=_changed(f), title=f["title"]),
        ("changed", "title"),
    ),
    "sign_off_ended": Kind(
        _l("批示来源已更正，签批终止，须重新报结"),
        lambda f: _("批示来源已更正，签批终止，须重新报结：%(title)s", title=f["title"]),
    ),
    "extension_cut": Kind(
        _l("已准予的延期按更正后的限额截止"),
        lambda f: _("已准予的延期按更正后的限额截至%(until)s：%(title)s", until=_until(f), title=f["title"]),
        ("until", "title"),
    ),
    "extension_ended": Kind(
        _l("延期申请未经批复即终止"),
        lambda f: _("%(why)s，延期申请终止：%(title)s", why=_ENDED[f["ended"]], title=f["title"]),
        ("ended", "title"),
    ),
    "withdrawn": Kind(_l("已撤销，不再办理"), lambda f: _("已撤销，不再办理：%(title)s", title=f["title"])),
    "co_progress": Kind(_l("协办单位报来协办情况"), lambda f: _("协办单位报来协办情况：%(title)s", title=f["title"])),
    "urged": Kind(_l("督查室催办，请抓紧办理"), lambda f: _("督查室催办：%(title)s", title=f["title"])),
    "instruct_again": Kind(_l("领导再次批示"), lambda f: _("领导再次批示：%(title)s", title=f["title"])),
    "new_round": Kind(
        _l("已登记新一轮"),
        lambda f: _("已登记第 %(round)s 轮：%(title)s", round=f["round"], title=f["title"]),
        ("round", "title"),
    ),
    "county_informed": Kind(
        _l("辖区内单位接到交办，请知悉"),
        lambda f: _("%(unit)s接到上级直接交办，请知悉：%(title)s", **_of(f)),
        ("unit", "title"),
    ),
    "to_sign": Kind(_l("请签批报结材料"), lambda f: _("请签批报结材料：%(title)s", title=f["title"])),
    "countersign": Kind(_l("请会签报结材料"), lambda f: _("请会签报结材料：%(title)s", title=f["title"])),
    "sent_back": Kind(_l("报结材料被退回修改"), lambda f: _("报结材料被退回修改：%(title)s", title=f["title"])),
    "seat_vacant": Kind(
        _l("签批岗位空缺，报结材料停在该步"),
        lambda f: _("%(unit)s签批岗位空缺，报结材料停在该步：%(title)s", **_of(f)),
        ("unit", "title"),
    ),
    "issued_to_review": Kind(_l("已报结，请审核"), lambda f: _("%(unit)s报结，请审核：%(title)s", **_of(f)), ("unit", "title")),
    "returned": Kind(_l("退回重办"), lambda f: _("退回重办：%(title)s", title=f["title"])),
    "reading_granted": Kind(_l("授权您查阅一件限定知悉的事项"), lambda f: _("授权您查阅：%(title)s", title=f["title"])),
    "closed": Kind(_l("已办结"), lambda f: _("已办结：%(title)s", title=f["title"])),
    "extension_asked": Kind(
        _l("申请延期，请审批"),
        lambda f: _("%(unit)s申请延期至%(until)s，请审批：%(title)s", until=_until(f), **_of(f)),
        ("unit", "until", "title"),
    ),
    "extension_decided": Kind(_l("延期申请已有决定"), _decided, ("granted", "title")),
    "due_soon": Kind(
        _l("办理期限临近"),
        lambda f: _n("还有 %(num)d 日到期：%(title)s", "还有 %(num)d 日到期：%(title)s", f["days"], title=f["title"]),
        ("days", "title"),
    ),
    "due_today": Kind(_l("今日到期"), lambda f: _("今日到期：%(title)s", title=f["title"])),
    "overdue": Kind(
        _l("已超过办理期限"),
        lambda f: _n("%(unit)s超期 %(num)d 日：%(title)s", "%(unit)s超期 %(num)d 日：%(title)s", f["days"], **_of(f)),
        ("days", "unit", "title"),
    ),
    "not_acknowledged": Kind(_l("逾时未签收"), lambda f: _("逾时未签收：%(title)s", title=f["title"])),
    "calendar_missing": Kind(
        _l("放假安排未导入，期限为暂定"),
        lambda f: _("%(year)s 年放假安排未导入，该年的期限为暂定", year=f["year"]),
        ("year",),
    ),
    "sensitive_proposed": _plain(_l("有一件事等待您审批（双人审批）")),
    "sensitive_decided": Kind(
        _l("您提出的事已有决定（双人审批）"),
        lambda f: _("您提出的事已同意并执行（双人审批）") if f["granted"] else _("您提出的事未获同意（双人审批）"),
        ("granted",),
    ),
    "password_reset": _plain(_l("您的口令已由两名管理员重置；如不是您要求的，请立即报告")),
    "person_confirmed": _plain(_l("您的身份已当面核实，限定知悉的内容恢复显示")),
    "second_factor_ended": _plain(_l("您的动态口令已由两名管理员解除，请尽快重新设置")),
    "account_restored": _plain(_l("您的账号已恢复")),
    "officer_appointed": _plain(_l("您已被任命为三员之一")),
    "locked_out": Kind(
        _l("您的登录名因连续输错口令被锁定；如不是本人，请报告"),
        lambda f: _("您的登录名因连续 %(count)s 次输错口令被锁定；如不是本人，请报告", count=f["count"]),
        ("count",),
    ),
    "codes_guessed": Kind(
        _l("有人输对了您的口令，但连续输错动态口令；如不是本人，请立即更改口令并报告"),
        lambda f: _("有人输对了您的口令，但连续 %(count)s 次输错动态口令；如不是本人，请立即更改口令并报告", count=f["count"]),
        ("count",),
    ),
    "address_asked": Kind(
        _l("有人用您的账号申请更换收信地址；如不是本人，请报告"),
        lambda f: _("您申请把收信地址改为 %(address)s；如不是本人，请报告", address=f["address"]),
        ("address",),
    ),
    "handed_over": Kind(_l("原承办人离岗，由您接着办理"), lambda f: _("原承办人离岗，由您接着办理：%(title)s", title=f["title"])),
    "person_left": Kind(
        _l("本件有经办人员离岗，请核对并重新指定"),
        lambda f: _("有经办人员离岗，请核对并重新指定：%(title)s", title=f["title"]),
    ),
    "assign_asked": Kind(
        _l("登记或交办人已不在督查室任职，或受托已结束，请交办"),
        lambda f: _("登记或交办人已不在督查室任职，或受托已结束，请交办：%(title)s", title=f["title"]),
    ),
    "reviewer_asked": Kind(
        _l("已报结，没有在任的审核人，请指定"),
        lambda f: _("已报结，没有在任的审核人，请指定：%(title)s", title=f["title"]),
    ),
    "handover_to_sign": Kind(_l("请核对并签收离岗交接清单"), lambda f: _("请核对并签收%(by)s的离岗交接清单", by=f["by"]), ("by",)),
    "appointed": Kind(
        _l("您有新的任职"),
        lambda f: _("您已任%(unit)s%(role)s", unit=f["unit"], role=Role(f["role"]).label),
        ("unit", "role"),
    ),
    "appointment_asked": _plain(_l("有督查员、督查室主任或领导的任职等待您同意")),
    "appointment_waits": Kind(
        _l("您的一项任职已提出，同意以后生效"),
        lambda f: _("拟任您为%(unit)s%(role)s，同意以后生效", unit=f["unit"], role=Role(f["role"]).label),
        ("unit", "role"),
    ),
    "appointment_decided": Kind(
        _l("一项任职已有决定"),
        lambda f: (
            _("%(by)s已任%(unit)s%(role)s", by=f["by"], unit=f["unit"], role=Role(f["role"]).label)
            if f["granted"]
            else _("%(by)s任%(unit)s%(role)s未获同意", by=f["by"], unit=f["unit"], role=Role(f["role"]).label)
        ),
        ("by", "unit", "role", "granted"),
    ),
    "account_concerns_you": Kind(
        _l("有一件涉及您账号或职务的事"),
        lambda f: _("涉及您的账号或职务：%(say)s", say=f["say"]),
        ("say",),
    ),
    "account_of_yours": Kind(
        _l("有一件涉及您所管人员账号或职务的事"),
        lambda f: _("涉及%(by)s的账号或职务：%(say)s", by=f["by"], say=f["say"]),
        ("by", "say"),
    ),
    "sensitive_asked": _plain(_l("有一件涉及账号或三员的事等待您同意（双人审批）")),
    "post_ended": Kind(
        _l("您的一个岗位将结束"),
        lambda f: _("您自%(until)s起不再担任%(unit)s%(role)s", until=_until(f), unit=f["unit"], role=Role(f["role"]).label),
        ("unit", "role", "until"),
    ),
    "stand_in_set": Kind(
        _l("秘书处为您的岗位设了受托人"),
        lambda f: _(
            "秘书处为您的%(unit)s%(role)s岗位设了受托人%(by)s，至%(until)s",
            unit=f["unit"],
            role=Role(f["role"]).label,
            by=f["by"],
            until=_until(f),
        ),
        ("unit", "role", "by", "until"),
    ),
    "standing_in": Kind(
        _l("请您代行他人岗位"),
        lambda f: _(
            "请您代行%(by)s的%(unit)s%(role)s岗位，至%(until)s",
            unit=f["unit"],
            role=Role(f["role"]).label,
            by=f["by"],
            until=_until(f),
        ),
        ("unit", "role", "by", "until"),
    ),
    "nominate": Kind(
        _l("请推荐本单位联络员"),
        lambda f: _("请于%(until)s前推荐%(unit)s联络员", until=_until(f), unit=f["unit"]),
        ("unit", "until"),
    ),
    "nominate_urged": Kind(
        _l("本单位联络员还没有推荐，请尽快推荐"),
        lambda f: _("%(unit)s联络员还没有推荐，%(until)s截止", until=_until(f), unit=f["unit"]),
        ("unit", "until"),
    ),
    "nomination_returned": Kind(
        _l("推荐的联络员被退回，请重新推荐"),
        lambda f: _("推荐的%(unit)s联络员被退回，请重新推荐", unit=f["unit"]),
        ("unit",),
    ),
    "nomination_accepted": Kind(_l("推荐的联络员已任命"), lambda f: _("推荐的%(unit)s联络员已任命", unit=f["unit"]), ("unit",)),
    "confirm_contact": Kind(_l("请核对您的联络员信息"), lambda f: _("请核对您的%(unit)s联络员信息", unit=f["unit"]), ("unit",)),
}


def _of(facts: Facts) -> dict[str, Any]:
    return {"unit": facts["unit"], "title": facts["title"]}
