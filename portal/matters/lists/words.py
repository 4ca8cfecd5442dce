"""How a row of a list is put into words: whose turn it is, the headings of the groups. Nothing here reads anything."""

from __future__ import annotations

from portal.access.roles import Role
from portal.kernel.language import _, _l
from portal.matters.lists.pages import Row
from portal.matters.lists.stretches import ENDED, LATE, REST, SOON, TODAY, WAITING
from portal.matters.models import State
from portal.papers.seats import STEP_LABELS

GROUP_TITLES = {
    TODAY: _l("今日到期"),
    SOON: _l("即将到期"),
    LATE: _l("超期"),
    WAITING: _l("待审核、待批延期"),
    REST: _l("其余在办"),
    ENDED: _l("已办结、已撤销"),
}


def turn_of(row: Row) -> str:
    """Whose turn it is, from what the reader sees: of a shell no more than the unit or the office."""
    matter, content = row.matter, row.matter.content
    match matter.state:
        case State.CLOSED | State.WITHDRAWN:
            return ""
        case State.REGISTERED:
            return _("督查室交办") if matter.supervised_by_office else _("办公室主任交办")
        case State.UNDER_REVIEW:
            return _("督查室审核") if matter.supervised_by_office else _("办公室主任审核")
    if content is None:
        return _("主办单位办理")
    match matter.state:
        case State.ASSIGNED:
            return _("承办人签收") if content.handler_id else _("主办单位指定承办人")
        case State.IN_SIGN_OFF if row.step:
            kind, role = row.step
            return _("%(role)s%(step)s", role=Role(role).label, step=STEP_LABELS[kind])
        case State.IN_SIGN_OFF:
            return _("签批人签批")
    return _("承办人重办") if matter.returns else _("承办人报结")
