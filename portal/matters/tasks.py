"""What a matter can wait for."""

from __future__ import annotations

from portal.access.roles import SUPERVISION, Role
from portal.kernel.language import _l
from portal.registry.tasks import Task

TASKS = (
    Task("assign", _l("待交办"), _l("轮到我交办"), SUPERVISION),
    Task("name_handler", _l("待指定承办人"), _l("轮到我指定承办人"), (Role.LIAISON_OFFICER, Role.OFFICE_DIRECTOR)),
    Task("acknowledge", _l("待签收"), _l("轮到我签收"), (Role.HANDLER,)),
    Task("work", _l("办理中"), _l("轮到我报结"), (Role.HANDLER,)),
    Task("rework", _l("退回重办"), _l("轮到我重办"), (Role.HANDLER,), alarms=True),
    Task("sign", _l("待签批"), _l("轮到我签批"), (Role.OFFICE_DIRECTOR, Role.DEPUTY_LEADER, Role.PRINCIPAL_LEADER)),
    Task("review", _l("待审核"), _l("轮到我审核"), SUPERVISION),
    Task("decide_extension", _l("待批延期"), _l("轮到我批复延期"), (Role.SUPERVISION_HEAD,)),
)
