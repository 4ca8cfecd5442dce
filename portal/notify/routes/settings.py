"""How one is told, and where: by group of messages and channel, with quiet hours, and one's addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from flask import Response, flash, url_for

from portal.access.acts import SIGNED_IN
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible, Refusal, Stale
from portal.notify import channels
from portal.notify.forms import AddressForm, CodeForm, SettingsForm, settings_form
from portal.notify.queries import Reach
from portal.notify.routes import blueprint
from portal.notify.rules import DIGEST_AT, Quiet
from portal.notify.service import addresses
from portal.notify.service import settings as service
from portal.registry.messages import Group
from portal.web.forms import redraw
from portal.web.guards import allows, current_actor
from portal.web.responses import go, page

SETTINGS, ADDRESS = "notify/settings.html", "notify/address.html"
CHANGE = "/messages/settings/addresses/<string(maxlength=12):channel>"
CONFIRM = "/messages/settings/address-changes/<uuid:change_id>"


@dataclass(frozen=True, slots=True)
class _Row:
    """A group of messages: what it holds, the rule by which it is locked, and its field's name for each channel."""

    label: Any
    holds: Any
    source: Any
    fields: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Address:
    """Where one is reached by a channel, and the page on which it is changed."""

    label: str
    address: str | None
    change_url: str


@blueprint.get("/messages/settings")
@allows(SIGNED_IN)
def settings() -> Response:
    """How one is told now."""
    reach = service.reach(current_actor())
    return page(SETTINGS, form=_drawn_form(reach), refusal=None, **_settings_page(reach))


@blueprint.post("/messages/settings")
@allows(SIGNED_IN)
def save_settings() -> Response:
    """Be told like this from now on."""
    actor = current_actor()
    form = settings_form(channels.enabled().values())
    if not form.validate():
        return _redrawn(form)
    wanted = {channel: {group.value: form[f"{channel}_{group}"].data for group in Group} for channel in channels.enabled()}
    quiet = Quiet(form.quiet_from.data, form.quiet_to.data, form.quiet_days_off.data)
    try:
        service.save(actor, wanted, quiet, cast("int | None", form.version.data))
    except (Invalid, Stale) as refusal:
        return _redrawn(form, refusal)
    flash(_("消息设置已保存，从下一条消息起生效"), "done")
    return go(url_for("notify.settings"))


@blueprint.get(CHANGE)
@allows(SIGNED_IN, once=True)
def change_address(channel: str) -> Response:
    """The page to ask for a new address."""
    return page(ADDRESS, form=AddressForm(formdata=None), refusal=None, **_address_page(channel))


@blueprint.post(CHANGE)
@allows(SIGNED_IN, once=True)
def ask_address(channel: str) -> Response:
    """Have a code sent to a new address."""
    form, shown = AddressForm(), _address_page(channel)
    if not form.validate():
        return redraw(ADDRESS, form, **shown)
    try:
        change = addresses.ask(current_actor(), channel, form.address.data or "")
    except Invalid as refusal:
        return redraw(ADDRESS, form, refusal, **shown)
    return go(url_for("notify.address_code", change_id=change.id))


@blueprint.get(CONFIRM)
@allows(SIGNED_IN)
def address_code(change_id: UUID) -> Response:
    """The page to send the code back on."""
    return page(ADDRESS, form=CodeForm(formdata=None), refusal=None, **_code_page(change_id))


@blueprint.post(CONFIRM)
@allows(SIGNED_IN)
def confirm_address(change_id: UUID) -> Response:
    """Send back the code that came to the new address."""
    form, shown = CodeForm(), _code_page(change_id)
    if not form.validate():
        return redraw(ADDRESS, form, **shown)
    try:
        addresses.confirm(current_actor(), change_id, form.code.data or "")
    except Invalid as refusal:
        return redraw(ADDRESS, form, refusal, **shown)
    flash(_("收信地址已更换"), "done")
    return go(url_for("notify.settings"))


def _drawn_form(reach: Reach) -> SettingsForm:
    quiet = reach.wishes.quiet
    values = {f"{channel}_{group}": reach.wishes.way(group, channel).value for channel in channels.enabled() for group in Group}
    return settings_form(
        channels.enabled().values(), version=reach.version, quiet_from=quiet.begins, quiet_to=quiet.ends,
        quiet_days_off=quiet.days_off, **values,
    )  # fmt: skip


def _redrawn(form: SettingsForm, refusal: Refusal | None = None) -> Response:
    reach = service.reach(current_actor())
    if isinstance(refusal, Stale):  # what he looks at now is what was saved elsewhere and what he has chosen himself
        form.version.data = str(reach.version)
    return redraw(SETTINGS, form, refusal, **_settings_page(reach))


def _settings_page(reach: Reach) -> dict[str, Any]:
    opened = channels.enabled()
    return {
        "rows": [
            _Row(group.words.label, group.words.holds, group.words.source, [f"{name}_{group}" for name in opened])
            for group in Group
        ],
        "channels": [channel.label for channel in opened.values()],
        "addresses": [
            _Address(channel.label, reach.addresses.get(name), url_for("notify.change_address", channel=name))
            for name, channel in opened.items()
        ],
        "on_duty": reach.on_duty,
        "digest_at": f"{DIGEST_AT.hour}:{DIGEST_AT.minute:02d}",
        "action": url_for("notify.save_settings"),
        "all_url": url_for("notify.messages"),
        "new_url": url_for("notify.messages", show="new"),
    }


def _address_page(channel: str) -> dict[str, Any]:
    opened = channels.enabled().get(channel)
    if opened is None:
        raise Invisible
    return {
        "channel": opened.label,
        "present": service.reach(current_actor()).addresses.get(channel),
        "waiting": None,
        "action": url_for("notify.ask_address", channel=channel),
        "back_url": url_for("notify.settings"),
    }


def _code_page(change_id: UUID) -> dict[str, Any]:
    change = addresses.requested(current_actor(), change_id)
    return _address_page(change.channel) | {
        "waiting": change.address,
        "action": url_for("notify.confirm_address", change_id=change_id),
        "again_url": url_for("notify.change_address", channel=change.channel),
    }
