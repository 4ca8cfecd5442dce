"""The shapes of the forms at the door."""

from __future__ import annotations

from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from portal.kernel.language import _l
from portal.web.forms import OfficeForm


class SignInForm(OfficeForm):
    """Name and password; both are asked for together and refused together."""

    name = StringField(_l("登录名"), [InputRequired(_l("请填写登录名")), Length(max=64)])
    password = PasswordField(_l("口令"), [InputRequired(_l("请填写口令")), Length(max=512)])


class PasswordForm(OfficeForm):
    """Change of one's own password."""

    password = PasswordField(_l("现在的口令"), [InputRequired(_l("请填写现在的口令")), Length(max=512)])
    new_password = PasswordField(
        _l("新口令"),
        [InputRequired(_l("请填写新口令")), Length(max=512)],
        description=_l("至少 10 位，不能与姓名或登录名相同，也不能用常见的口令"),
    )
    repeat_password = PasswordField(_l("再填一次新口令"), [InputRequired(_l("请再填一次新口令")), Length(max=512)])
