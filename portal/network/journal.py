"""What the journal calls what is done: the tree of units, changes of it, and who stands in."""

from __future__ import annotations

from portal.access.roles import Role
from portal.kernel.language import _l
from portal.network.models import Level
from portal.registry.journal import Fact, Journal, Subject, words

JOURNAL = Journal(
    acts=(
        *words(
            30,
            {
                "delegate": _l("委托"),
                "end_delegation": _l("结束委托"),
                "import_network": _l("导入单位网络"),
            },
        ),
        *words(
            100,
            {
                "unit_found": _l("设立单位"),
                "unit_rename": _l("更名"),
                "unit_move": _l("划转"),
                "unit_merge": _l("合并"),
                "unit_split": _l("分设"),
                "unit_retire": _l("撤销单位"),
                "change_planned": _l("预定变更"),
                "change_cancelled": _l("取消变更"),
                "change_refused": _l("变更未能执行"),
                "import_units": _l("导入单位表"),
                "import_posts": _l("导入岗位表"),
                "passwords_fetched": _l("下载一次性口令"),
            },
        ),
        *words(
            160,
            {
                "be_away": _l("登记外出"),
                "end_absence": _l("取消外出"),
            },
        ),
    ),
    subjects=(
        Subject("delegation", _l("委托"), 30),
        Subject("network", _l("单位网络"), 40),
        Subject("unit", _l("单位"), 50),
        Subject("post", _l("岗位"), 60),
        Subject("absence", _l("外出"), 160),
    ),
    facts=(
        Fact("role", _l("职务"), values={role: role.label for role in Role}),
        Fact("units", _l("单位数")),
        Fact("people", _l("人数")),
        Fact("posts", _l("岗位数")),
        Fact("person_id", _l("人员编号")),
        Fact("post_id", _l("岗位编号")),
        Fact("to_person_id", _l("受托人员编号")),
        Fact("from_at", _l("起")),
        Fact("to_at", _l("止")),
        Fact("covers_confidential", _l("含限定知悉")),
        Fact("from_on", _l("起")),
        Fact("to_on", _l("止")),
        Fact("unit_id", _l("单位编号")),
        Fact("code", _l("单位代码")),
        Fact("name", _l("单位名称")),
        Fact("short_name", _l("简称")),
        Fact("official_name", _l("规范名称")),
        Fact("document_prefix", _l("机关代字")),
        Fact("changed", _l("有变更的代码")),
        Fact("new", _l("新设行数")),
        Fact("refused", _l("未执行原因")),
        Fact("level", _l("层级"), values={level: level.label for level in Level}),
        Fact("parent_id", _l("上级单位编号")),
        Fact("retired_on", _l("撤销单位")),
        Fact("merged_into_id", _l("并入单位编号"), formerly=True),  # from before heirs were kept
        Fact("into_id", _l("并入单位编号")),
        Fact("heir_id", _l("承接单位编号")),
        Fact("change", _l("变更编号")),
        Fact("posts_ended", _l("结束的岗位")),
        Fact("moving", _l("转入的岗位")),
    ),
)
