"""What the journal calls what is done: signing in and accounts."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.registry.journal import Fact, Journal, Subject, words

JOURNAL = Journal(
    acts=(
        *words(
            10,
            {
                "sign_in": _l("登录"),
                "sign_out": _l("退出"),
                "sign_in_failed": _l("登录失败"),
                "sign_in_locked": _l("登录锁定"),
                "change_password": _l("改口令"),
                "give_one_time_password": _l("发一次性口令"),
                "set_up_second_factor": _l("启用动态口令"),
                "give_up_second_factor": _l("停用动态口令"),
                "renew_recovery_codes": _l("换发备用码"),
                "end_second_factor": _l("解除动态口令"),
                "confirm_in_person": _l("当面核实身份"),
                "confirmed_by_second_factor": _l("动态口令核实身份"),
                "deactivate_person": _l("停用账号"),
                "reactivate_person": _l("恢复账号"),
            },
        ),
    ),
    subjects=(Subject("person", _l("人员"), 10),),
    facts=(
        Fact("source", _l("来源")),
        Fact("count", _l("次数")),
        Fact("person", _l("人员编号")),
    ),
)
