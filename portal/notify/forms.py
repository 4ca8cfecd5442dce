"""The shapes of the settings' forms: one choice for each group of messages and channel, quiet hours, an address, a code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import BooleanField, SelectField, StringField, TimeField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, Optional

from portal.kernel.language import _, _l
from portal.notify.channels import LONGEST_ADDRESS, Channel
from portal.notify.codes import DIGITS
from portal.notify.rules import Way
from portal.registry.messages import Group
from portal.web.forms import OfficeForm


class _Hour(TimeField):
    """A time of day as browsers send it; its own sentence for whatever else was typed."""

    def process_formdata(self, valuelist: Any) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("请按 22:00 的样子填写")) from None


class SettingsForm(OfficeForm):
    """Quiet hours; the choices are added for the channels that are open. A legal group has a field too, so that whoever
    posts one by hand is answered beside it."""

    quiet_from = _Hour(_l("开始时间"), [Optional()])
    quiet_to = _Hour(_l("结束时间"), [Optional()])
    quiet_days_off = BooleanField(_l("周末和节假日全天静默（以本市日历为准）"))


class AddressForm(OfficeForm):
    """A new address for one channel."""

    address = StringField(_l("新地址"), [InputRequired(_l("请填写新地址")), Length(max=LONGEST_ADDRESS)])


class CodeForm(OfficeForm):
    """The code that went to the new address."""

    code = StringField(_l("验证码"), [InputRequired(_l("请填写验证码")), Length(max=DIGITS + 6)])


def settings_form(open_channels: Iterable[Channel], **values: Any) -> SettingsForm:
    """The form for these channels: as posted, or, with `values`, as it is drawn first."""
    fields = {
        f"{channel.name}_{group}": SelectField(
            _("%(group)s：%(channel)s", group=str(group.words.label), channel=str(channel.label)),
            choices=[SelectChoice(way.value, way.label) for way in Way],
            default=Way.NOW.value,
            validate_choice=False,
        )
        for channel in open_channels
        for group in Group
    }
    shape = type("SettingsOfChannels", (SettingsForm,), fields)
    made: SettingsForm = shape(formdata=None, data=values) if values else shape()
    return made
