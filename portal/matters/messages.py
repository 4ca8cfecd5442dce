"""What people are told about matters."""

from __future__ import annotations

from typing import cast

from portal.kernel.language import _, _l
from portal.matters.fields import FIELDS
from portal.registry.messages import Facts, Group, MessageKind


def _changed(facts: Facts) -> str:
    """Which fields were corrected; and by when it is due now, where that moved."""
    what = _("、").join(str(FIELDS[name]) for name in cast("list[str]", facts["changed"]))
    return _("%(what)s；现期限%(until)s", what=what, until=facts["until"]) if facts.get("until") else what


def _amended(facts: Facts) -> str:
    return _("登记内容已更正（%(what)s）：%(title)s", what=_changed(facts), title=facts["title"])


def _parent_amended(facts: Facts) -> str:
    return _("上级事项已更正（%(what)s）：%(title)s", what=_changed(facts), title=facts["title"])


_ENDED = {"reassign_unit": _l("已改派其他单位"), "decline": _l("已退回交办")}


def _extension_ended(facts: Facts) -> str:
    return _("%(why)s，延期申请终止：%(title)s", why=_ENDED[str(facts["ended"])], title=facts["title"])


def _extension_decided(facts: Facts) -> str:
    if facts["granted"]:
        if facts.get("until"):
            return _("准予延期至%(until)s：%(title)s", until=facts["until"], title=facts["title"])
        return _("准予延期：%(title)s", title=facts["title"])
    return _("不予延期：%(title)s", title=facts["title"])


MESSAGES = (
    MessageKind("co_assigned", Group.TASKS, _l("请本单位协办的事项"), _l("请本单位协办：%(title)s")),
    MessageKind("co_handler_named", Group.TASKS, _l("请您协办")),
    MessageKind("forwarded", Group.TASKS, _l("转办给本单位，请指定承办人"), _l("转办给本单位，请指定承办人：%(title)s")),
    MessageKind("name_handler", Group.TASKS, _l("交办给本单位，请指定承办人"), _l("交办给本单位，请指定承办人：%(title)s")),
    MessageKind("handler_named", Group.TASKS, _l("交您承办，请签收")),
    MessageKind("handler_replaced", Group.TASKS, _l("已改由他人承办")),
    MessageKind("acknowledged", Group.RESULTS, _l("已签收"), _l("%(unit)s已签收：%(title)s"), ("unit", "title")),
    MessageKind(
        "declined", Group.TASKS, _l("交办被退回，请另行交办"), _l("%(by)s退回交办，请另行交办：%(title)s"), ("by", "title")
    ),
    MessageKind("reassigned", Group.TASKS, _l("已改派其他单位")),
    MessageKind(
        "unit_followed",
        Group.TASKS,
        _l("因机构调整，改由承接单位办理"),
        _l("因机构调整，改由%(unit)s办理：%(title)s"),
        ("unit", "title"),
    ),
    MessageKind(
        "amended",
        Group.RESULTS,
        _l("登记内容已更正"),
        _amended,
        ("changed", "title"),
    ),
    MessageKind(
        "parent_amended",
        Group.RESULTS,
        _l("上级事项已更正"),
        _parent_amended,
        ("changed", "title"),
    ),
    MessageKind("sign_off_ended", Group.SIGNING, _l("批示来源已更正，签批终止，须重新报结")),
    MessageKind(
        "extension_cut",
        Group.RESULTS,
        _l("已准予的延期按更正后的限额截止"),
        _l("已准予的延期按更正后的限额截至%(until)s：%(title)s"),
        ("until", "title"),
    ),
    MessageKind(
        "extension_ended",
        Group.RESULTS,
        _l("延期申请未经批复即终止"),
        _extension_ended,
        ("ended", "title"),
    ),
    MessageKind("withdrawn", Group.RESULTS, _l("已撤销，不再办理")),
    MessageKind("co_progress", Group.RESULTS, _l("协办单位报来协办情况")),
    MessageKind("urged", Group.URGING, _l("督查室催办，请抓紧办理"), _l("督查室催办：%(title)s")),
    MessageKind("instruct_again", Group.URGING, _l("领导再次批示")),
    MessageKind(
        "county_informed",
        Group.RESULTS,
        _l("辖区内单位接到交办，请知悉"),
        _l("%(unit)s接到上级直接交办，请知悉：%(title)s"),
        ("unit", "title"),
    ),
    MessageKind("to_sign", Group.SIGNING, _l("请签批报结材料")),
    MessageKind("countersign", Group.SIGNING, _l("请会签报结材料")),
    MessageKind("sent_back", Group.SIGNING, _l("报结材料被退回修改")),
    MessageKind(
        "seat_vacant",
        Group.SIGNING,
        _l("签批岗位空缺，报结材料停在该步"),
        _l("%(unit)s签批岗位空缺，报结材料停在该步：%(title)s"),
        ("unit", "title"),
    ),
    MessageKind("issued_to_review", Group.REVIEW, _l("已报结，请审核"), _l("%(unit)s报结，请审核：%(title)s"), ("unit", "title")),
    MessageKind("returned", Group.TASKS, _l("退回重办"), _l("退回重办：%(title)s")),
    MessageKind("reading_granted", Group.RESULTS, _l("授权您查阅一件限定知悉的事项"), _l("授权您查阅：%(title)s")),
    MessageKind("closed", Group.RESULTS, _l("已办结")),
    MessageKind(
        "extension_asked",
        Group.REVIEW,
        _l("申请延期，请审批"),
        _l("%(unit)s申请延期至%(until)s，请审批：%(title)s"),
        ("unit", "until", "title"),
    ),
    MessageKind("extension_decided", Group.RESULTS, _l("延期申请已有决定"), _extension_decided, ("granted", "title")),
    MessageKind("handed_over", Group.TASKS, _l("原承办人离岗，由您接着办理")),
    MessageKind(
        "person_left", Group.TASKS, _l("本件有经办人员离岗，请核对并重新指定"), _l("有经办人员离岗，请核对并重新指定：%(title)s")
    ),
    MessageKind("assign_asked", Group.TASKS, _l("登记或交办人已不在督查室任职，或受托已结束，请交办")),
    MessageKind("reviewer_asked", Group.REVIEW, _l("已报结，没有在任的审核人，请指定")),
)
