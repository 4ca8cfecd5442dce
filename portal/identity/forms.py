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


class CodeForm(OfficeForm):
    """The second step of signing in."""

    passcode = PasswordField(
        _l("动态口令"),
        [InputRequired(_l("请填写动态口令")), Length(max=64)],
        description=_l("手机验证器上当前显示的 6 位数字；手机不在身边时，填一个备用码"),
    )


class NewFactorForm(OfficeForm):
    """The first code of a new second factor."""

    passcode = StringField(_l("动态口令"), [InputRequired(_l("请填写动态口令")), Length(max=64)])


class ConfirmForm(OfficeForm):
    """It is he: his password and, where he has a second factor, its code."""

    password = PasswordField(_l("口令"), [InputRequired(_l("请填写口令")), Length(max=512)])
    passcode = PasswordField(
        _l("动态口令"),
        [InputRequired(_l("请填写动态口令")), Length(max=64)],
        description=_l("手机验证器上的 6 位数字，或一个备用码"),
    )


class PasswordForm(OfficeForm):
    """Change of one's own password."""

    password = PasswordField(_l("现在的口令"), [InputRequired(_l("请填写现在的口令")), Length(max=512)])
    new_password = PasswordField(
        _l("新口令"),
        [InputRequired(_l("请填写新口令")), Length(max=512)],
    )
    repeat_password = PasswordField(_l("再填一次新口令"), [InputRequired(_l("请再填一次新口令")), Length(max=512)])
