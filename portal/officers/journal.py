"""What the journal calls what is done: the officers' acts."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.network.models import Kind as UnitKind
from portal.officers.rules import Kind
from portal.registry.journal import Fact, Journal, Subject, Word, words

JOURNAL = Journal(
    acts=(
        *words(
            20,
            {
                "end_sessions": _l("结束登录"),
                "propose_sensitive": _l("提出双人审批"),
                "agree_sensitive": _l("同意并执行"),
                "refuse_sensitive": _l("不同意"),
                "withdraw_sensitive": _l("撤回提出"),
            },
        ),
        Word("found_officers", _l("设立三员"), 40),
        Word("export_journal", _l("导出日志"), 80),
        Word("agree_from_outside", _l("三员以外的同意"), 120),
        *words(
            210,
            {
                "restored": _l("由备份恢复"),
                "released": _l("恢复发送"),
                "send_again": _l("重发退信"),
                "confirm_clock": _l("确认时钟"),
            },
        ),
    ),
    subjects=(
        Subject("sensitive_act", _l("双人审批"), 20),
        Subject("journal", _l("日志"), 120),
        Subject("installation", _l("系统"), 210),
        Subject("sweep", _l("巡检"), 230),
    ),
    facts=(
        Fact("kind", _l("事项"), values={kind: kind.label for kind in (*UnitKind, *Kind)}),
        Fact("on", _l("开启")),
        Fact("old_person_id", _l("原任人员编号")),
        Fact("swept_at", _l("巡检时间")),
    ),
)
