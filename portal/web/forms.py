"""The base of every form: text is tidied or refused with a reason, and a refused form is drawn again as typed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask import Response
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, MultipleFileField, PasswordField, StringField, TextAreaField
from wtforms.fields.core import UnboundField
from wtforms.validators import InputRequired, Length

from portal.audit import journal
from portal.kernel.language import _
from portal.kernel.refusals import Refusal
from portal.kernel.text import explain, objections, tidy
from portal.vault.screening import CLASSIFIED, classification_mark
from portal.web.guards import current_visitor
from portal.web.once import new_page_key, page_key
from portal.web.responses import page
from portal.web.transactions import discard


def _tidied(value: str | None) -> str | None:
    return tidy(value) if isinstance(value, str) else value


MOST_FILES = 20  # of one form
# What an office can mean by a date; beyond, not even the hour in another zone can be reckoned.
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)


def id_from(value: Any) -> int | None:
    """The id or count that a field carries; None for anything that can be none (what is not digits, or too long)."""
    said = str(value) if value is not None else ""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


class OfficeForm(FlaskForm):
    """A form of the office. Posts carry `version` (what was read) where a record may have moved meanwhile, and
    `request_key`, the key that keeps one form from being filed twice."""

    version = HiddenField(filters=(id_from,))
    request_key = HiddenField()

    class Meta:
        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
            if issubclass(unbound_field.field_class, StringField) and unbound_field.field_class is not PasswordField:
                options |= {"filters": (_tidied, *unbound_field.kwargs.get("filters", ()))}  # its own are the class's
            return unbound_field.bind(form=form, **options)

    @property
    def key(self) -> UUID:
        """The key of this form: the one it carries, or that of its page, or a new one to draw it with."""
        try:
            return UUID(self.request_key.data or "")
        except ValueError:
            self.request_key.data = str(page_key() or uuid4())
            return UUID(self.request_key.data)

    def renew_key(self) -> UUID:
        """A new key: the form is to be sent again, as another one."""
        self.request_key.data = str(new_page_key())
        return UUID(self.request_key.data)

    def validate(self, extra_validators: Any = None) -> bool:
        """Shape only: the fields' own rules, and no character that a reader cannot see."""
        good: bool = super().validate(extra_validators)
        for field in self:
            if isinstance(field, DateField) and field.data and not EARLIEST <= field.data <= LATEST:
                good = False
                field.errors = [_("日期不合常理，请核对年份")]
            if isinstance(field, MultipleFileField) and len(field.data or ()) > MOST_FILES:
                good = False
                field.errors = [_("一次最多上传 %(most)s 个文件，本次都没有保存，请分几次上传", most=MOST_FILES)]
            if not isinstance(field, StringField) or isinstance(field, PasswordField):
                continue
            if not isinstance(field.data, str):
                continue
            asked = next((v for v in field.validators if isinstance(v, InputRequired)), None)
            if asked and not field.data and not field.errors:  # blanks alone are no answer
                good = False
                field.errors = [str(asked.message)]
            most = next((v.max for v in field.validators if isinstance(v, Length) and v.max > 0), None)
            found = objections(field.data, most, single_line=not isinstance(field, TextAreaField))
            if found:
                good = False
                field.errors = [explain(code, most) for code in found]
            elif classification_mark(field.data):
                good = False
                self._refuse_classified(field)
        return good

    def _refuse_classified(self, field: Any) -> None:
        """Nothing of it is kept or sent back; that it was tried is written down with time, person and rule."""
        field.data = ""
        field.errors = [str(CLASSIFIED)]
        visitor = current_visitor()
        journal.note("classification_mark", "form", type(self).__name__, visitor.person_id if visitor else None, rule="text")

    def take(self, refusal: Refusal) -> None:
        """Put a refusal's sentences beside the fields they are about; what names no field stands on top."""
        for name, sentence in refusal.fields.items():
            field = self._fields.get(name)
            if field is not None:
                field.errors = [*field.errors, str(sentence)]
            else:
                self.form_errors.append(str(sentence))


def typed_by_hand(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Of what a form sent, what somebody typed, each under the words that stood beside it: of the form that has most of
    these fields, and of such the smallest. Ticks, choices and what the page itself put in are left out."""
    sent = [(name, value) for name, value in fields if value.strip()]
    names = {name for name, _value in sent}
    labels: dict[str, Any] = max(map(_labels, _forms(OfficeForm)), key=lambda known: (len(names & known.keys()), -len(known)))
    return [(str(labels[name]), value) for name, value in sent if name in labels]


def _forms(base: type[OfficeForm]) -> Iterator[type[OfficeForm]]:
    yield base
    for form in base.__subclasses__():
        yield from _forms(form)


def _labels(form: type[OfficeForm]) -> dict[str, Any]:
    """The words beside the fields of this form that are typed by hand."""
    fields = {name: getattr(form, name) for name in dir(form) if not name.startswith("_")}
    return {
        name: field.args[0]
        for name, field in fields.items()
        if isinstance(field, UnboundField)
        and issubclass(field.field_class, StringField | DateField)
        and not issubclass(field.field_class, HiddenField | PasswordField)
    }


def redraw(
    template: str, form: OfficeForm, refusal: Refusal | None = None, fragment: str | None = None, **variables: Any
) -> Response:
    """The form again with what was typed, at 422, or at the refusal's status; nothing of the request is kept."""
    discard()
    if refusal is not None:
        form.take(refusal)
    return page(template, fragment, refusal.status if refusal else 422, form=form, refusal=refusal, **variables)
