"""The forms of the handler's work, and of what others add to it."""

from __future__ import annotations

from typing import Any, ClassVar

from wtforms import (
    BooleanField,
    DateField,
)
from wtforms.validators import InputRequired

from portal.access.actor import Actor
from portal.deadlines.formatting import day_words
from portal.deadlines.reckon import extension_limit
from portal.kernel.language import _, _l
from portal.matters import views
from portal.matters.clocks import parent_due
from portal.matters.forms.fields import DAYS, words_field
from portal.matters.models import Matter
from portal.matters.service.extending import Asking
from portal.matters.service.handling import Progress
from portal.workflow.forms import ActForm
from portal.workflow.verbs import Said


class ProgressForm(ActForm):
    """办理进展."""

    lead = _l("进展不是结果：只写进展不报结，期限照常计算。")
    rows: ClassVar[dict[str, int]] = {"words": 8}

    words = words_field(_l("办理进展"))
    first_feedback = BooleanField(_l("作为首次反馈"))

    def given(self, found: Matter) -> Progress:
        return Progress(words=self.words.data, first_feedback=bool(self.first_feedback.data))


class WordsForm(ActForm):
    """An act that carries words."""

    words = words_field(_l("内容"))

    def given(self, found: Matter) -> Said:
        return Said(words=self.words.data)


class UrgeForm(WordsForm):
    """催办: of a confidential matter without words."""

    @classmethod
    def of(cls, found: Matter) -> ActForm:
        return UrgeSilentlyForm() if found.confidential else cls()

    def on_page(self, actor: Actor, found: Matter) -> dict[str, Any]:
        return {"facts": views.urged(found)}


class UrgeSilentlyForm(ActForm):
    """催办 of a confidential matter."""

    lead = _l("催办用固定文字，不带内容，由系统送达。")
    on_page = UrgeForm.on_page

    def given(self, found: Matter) -> Said:
        return Said()


class InstructAgainForm(WordsForm):
    """再次批示."""


class CoProgressForm(WordsForm):
    """协办情况."""

    rows: ClassVar[dict[str, int]] = {"words": 6}


class ExtensionForm(ActForm):
    """申请延期."""

    path = "extension"
    lead = _l("须在期限届满前申请；累计不得超过原定期限的次月同日。批复前不计超期，不予延期的仍按原期限计算。")

    due_on = DateField(_l("延至"), [InputRequired(_l("请填写要延到哪一天"))], format=DAYS)
    reason = words_field(_l("延期理由"))
    progress = words_field(_l("目前进展"))

    def on_page(self, actor: Actor, found: Matter) -> dict[str, Any]:
        limit, above = extension_limit(found.original_due_on), parent_due(found)
        facts = [(_("现定期限"), day_words(found.due_on)), (_("最迟可延至"), day_words(min(limit, above or limit)))]
        return {"facts": facts if above is None else [*facts, (_("上级事项的期限"), day_words(above))]}

    def given(self, found: Matter) -> Asking:
        return Asking(until=self.due_on.data, words=self.reason.data, progress=self.progress.data or "")
