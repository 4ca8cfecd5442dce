"""The form that takes a workbook."""

from __future__ import annotations

from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField

from portal.kernel.language import _l
from portal.web.forms import OfficeForm


class WorkbookForm(OfficeForm):
    """The workbook to be judged."""

    workbook = FileField(_l("工作簿"), [FileRequired(_l("请选择要导入的工作簿"))])


class SheetForm(WorkbookForm):
    """Which of several workbooks it is; the choices are its pages'."""

    sheet = RadioField(_l("内容"))
