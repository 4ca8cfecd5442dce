"""领导批示件, the kind of matter that a leader's instruction is: what it has of its own."""

from __future__ import annotations

from flask_babel import LazyString

from portal.deadlines.rules import SourceLevel
from portal.instructions.buttons import BUTTONS
from portal.instructions.report import REPORT
from portal.instructions.rules import INSTRUCTION
from portal.instructions.terms import TERMS
from portal.kernel.language import _l
from portal.matters.kinds import MatterKind, Question, Review
from portal.matters.models import Matter
from portal.matters.verbs import VERBS

_SOURCES = {
    SourceLevel.CENTRAL: _l("中央批示件"),
    SourceLevel.PROVINCE: _l("省级批示件"),
    SourceLevel.CITY: _l("市级批示件"),
    SourceLevel.COUNTY: _l("县级批示件"),
}


def _source(matter: Matter) -> LazyString:
    return _SOURCES[matter.source_level]


FOUR_QUESTIONS = Review(
    questions={
        "facts": Question(_l("事实是否清楚"), _l("时间、地点、经过、数据是否核实，有无遗漏")),
        "cause": Question(_l("原因是否找准"), _l("直接原因和根源是否分开说清")),
        "measures": Question(_l("措施是否落实"), _l("做了什么、谁负责、何时完成，是否见效")),
        "form": Question(_l("格式是否合规"), _l("标题、主送、附件、落款是否合乎格式")),
    },
    lead=_l("办结前请核对四问：事实是否清楚、原因是否找准、措施是否落实、格式是否合规。有一项不过的，退回重办。"),
    before_writing=_l("写前四问"),
    answered=_l("四问自查"),
)
KIND = MatterKind(
    name=INSTRUCTION,
    page="matters.matter",
    argument="matter_id",
    buttons=BUTTONS,
    label=_l("领导批示件"),
    register="instructions.register_list",
    register_label=_l("批示件登记表"),
    source=_source,
    text_label=_l("批示内容"),
    mark="督",
    verbs=VERBS,
    terms=TERMS,
    report=REPORT,
    review=FOUR_QUESTIONS,
    may_be_confidential=True,
)
