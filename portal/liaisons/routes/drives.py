"""推荐联络员: drives as the secretariat sees them, and the page on which a unit answers."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from flask import Response, flash, request, url_for

from portal.access.policy import allowed
from portal.access.roles import Role
from portal.collections.models import Collection, CollectionUnit
from portal.collections.queries import progress_of, units_of
from portal.kernel import clock
from portal.kernel.language import _, _l
from portal.kernel.refusals import Refusal
from portal.liaisons import forms
from portal.liaisons.acts import NOMINATE
from portal.liaisons.models import Nomination
from portal.liaisons.queries import nomination_of, nominations_of
from portal.liaisons.routes import blueprint
from portal.liaisons.service import drives, nominations
from portal.network import queries as network
from portal.network.acts import KEEP_NETWORK, KEEP_PEOPLE
from portal.staffing.routes import HIGHEST_ID
from portal.staffing.routes.acts import perform, person_typed
from portal.staffing.routes.appointing import appointed
from portal.staffing.routes.contacts import reached
from portal.web.guards import allows, current_actor
from portal.web.responses import go, page

MOST_NAMED = 5
SHOWN = {"open": _l("未推荐"), "answered": _l("待任命"), "settled": _l("已任命"), "all": _l("全部")}


@blueprint.get("/network/drives")
@allows(KEEP_NETWORK)
def drives_list() -> Response:
    """The drives of the subtrees that one keeps."""
    return page(
        "liaisons/drives.html",
        drives=[
            (one, answered, _state(one), url_for("liaisons.drive", drive_id=one.id))
            for one, answered in drives.drives_of(current_actor())
        ],
        new_url=url_for("liaisons.open_drive"),
        list_url=url_for("liaisons.liaison_officers"),
    )


def _state(drive: Collection) -> tuple[str, str]:
    """Its word and the kind of its lamp."""
    if drive.closed_at is not None:
        return _("已结束"), "done"
    left = (drive.until - clock.today()).days
    if left < 0:
        return _("已过截止日期"), "late"
    return (_("今日截止") if left == 0 else _("剩 %(days)s 日", days=left)), "soon" if left <= 7 else "ok"


@blueprint.route("/network/drives/new", methods=["GET", "POST"])
@allows(KEEP_NETWORK, once=True)
def open_drive() -> Response:
    """A new drive."""
    actor, form = current_actor(), forms.DriveForm()
    if not form.is_submitted():
        decision = allowed(actor, KEEP_NETWORK)
        own = network.unit_by_id(decision.standing.for_unit_id) if decision.standing else None
        form.unit.data = f"{own.name} ({own.code})" if own else None
        form.title.data = _("推荐督查工作联络员")

    def do() -> Response:
        unit = network.unit_typed(form.unit.data, "unit")
        assert unit is not None
        assert form.until.data is not None
        made = drives.open_drive(
            actor, unit.id, levels=form.levels.data or (), kinds=form.kinds.data or (), title=form.title.data or "",
            words=form.words.data, until=form.until.data,
        )  # fmt: skip
        flash(_("已向 %(count)s 个单位发出", count=made.asked))
        _say_not_reached(made)
        return go(url_for("liaisons.drive", drive_id=made.id))

    return perform(
        form,
        do,
        title=_("发起推荐"),
        button=_("发出"),
        back_url=url_for("liaisons.drives_list"),
        crumb=_("推荐联络员"),
        rows={"words": 4},
        lead=_("所选单位的办公室主任会收到消息；没有办公室主任的，发给主要领导。"),
    )


@blueprint.get(f"/network/drives/<int(max={HIGHEST_ID}):drive_id>")
@allows(KEEP_NETWORK, once=True)
def drive(drive_id: int) -> Response:
    """A drive: who has answered, who has not."""
    found, _standing = drives.drive_kept(current_actor(), drive_id)
    show = request.args.get("show", "open")
    show = show if show in SHOWN else "open"
    after = request.args.get("after", "")
    place = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    asked, more = units_of(found, show, after=place)
    named = nominations_of(asked)
    progress = progress_of(found)
    counts = {"open": progress.asked - progress.answered, "answered": progress.answered - progress.settled,
              "settled": progress.settled, "all": progress.asked}  # fmt: skip
    running = found.closed_at is None
    return page(
        "liaisons/drive.html",
        drive=found,
        state=_state(found),
        running=running,
        views=[
            (label, counts[view], url_for("liaisons.drive", drive_id=drive_id, show=view), view == show)
            for view, label in SHOWN.items()
        ],
        show=show,
        lines=[_line(one, named.get(one.id), running) for one in asked],
        left=counts["open"],
        urge_url=url_for("liaisons.urge_drive", drive_id=drive_id),
        close_url=url_for("liaisons.close_drive", drive_id=drive_id),
        list_url=url_for("liaisons.drives_list"),
        next_url=url_for("liaisons.drive", drive_id=drive_id, show=show, after=more) if more else None,
    )


def _line(one: CollectionUnit, named: Nomination | None, running: bool) -> dict[str, Any]:
    given = one.given
    answered, settled = given is not None, given is not None and given.accepted_at is not None
    shown = named if answered else None
    return {
        "unit": one.unit.name,
        "unit_url": url_for("network.unit", unit_id=one.unit_id),
        "name": shown.nominee_name if shown else None,
        "new": shown is not None and shown.nominee_id is None,
        "telephone": shown.telephone if shown else None,
        "at": given.given_at if given else None,
        "returned": one.answer.returned if one.answer else None,
        "state": _("已任命") if settled else _("待任命") if answered else _("未推荐"),
        "lamp": "ok" if settled else "soon" if answered else "done",
        "settle_url": url_for("liaisons.settle", nomination_id=one.id) if answered and not settled else None,
        "nominate_url": url_for("liaisons.nominate", nomination_id=one.id) if running and not answered else None,
        "urge": one.id if running and not answered else None,
    }


@blueprint.post(f"/network/drives/<int(max={HIGHEST_ID}):drive_id>/urge")
@allows(KEEP_NETWORK, once=True)
def urge_drive(drive_id: int) -> Response:
    """催报: whoever has not answered, all or one unit."""
    said = request.form.get("nomination", "")
    only = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None
    found, told = drives.urge(current_actor(), drive_id, only)
    if told:
        flash(_("已催报，%(count)s 人收到消息", count=told))
    _say_not_reached(found, only)
    return go(url_for("liaisons.drive", drive_id=drive_id))


def _say_not_reached(found: Collection, only: int | None = None) -> None:
    if names := drives.not_reached(found, only):
        more = _("等 %(count)s 个单位", count=len(names)) if len(names) > MOST_NAMED else ""
        flash(
            _(
                "%(units)s没有办公室主任，也没有主要领导，收不到消息；请先任职，或代为填写",
                units=_("、").join(names[:MOST_NAMED]) + more,
            ),
            "soon",
        )


@blueprint.post(f"/network/drives/<int(max={HIGHEST_ID}):drive_id>/close")
@allows(KEEP_NETWORK)
def close_drive(drive_id: int) -> Response:
    """The drive ends."""
    drives.close_drive(current_actor(), drive_id)
    flash(_("这次推荐已结束"))
    return go(url_for("liaisons.drive", drive_id=drive_id))


@blueprint.route(f"/network/nominations/<int(max={HIGHEST_ID}):nomination_id>", methods=["GET", "POST"])
@allows(NOMINATE, once=True)
def nominate(nomination_id: int) -> Response:
    """A unit names its liaison officer."""
    actor = current_actor()
    found, _standing = nominations.asked_unit(actor, nomination_id, NOMINATE)
    named = nomination_of(found)
    form = forms.NominationForm(obj=named)
    if not form.is_submitted():
        nominee = named.nominee if named else None
        form.person.data = f"{nominee.name} ({nominee.sign_in_name})" if nominee else None
        form.name.data = named.nominee_name if named and not nominee else None

    def do() -> Response:
        nominations.answer(actor, nomination_id, person_typed(form.person.data), form.name.data, reached(form))
        flash(_("推荐已送秘书处"))
        return go(back)

    drive = found.collection
    keeps = allowed(actor, KEEP_PEOPLE, found.unit)
    back = url_for("liaisons.drive", drive_id=drive.id) if keeps and _reads(drive) else url_for("liaisons.liaison_officers")
    facts = [(_("单位"), found.unit.name), (_("截止日期"), f"{drive.until:%Y-%m-%d}")]
    if drive.words:
        facts.append((_("说明"), drive.words))
    if found.answer is not None and found.answer.returned:
        facts.append((_("退回理由"), found.answer.returned))
    return perform(
        form,
        do,
        title=_("推荐联络员"),
        button=_("推荐"),
        back_url=back,
        crumb=drive.title,
        facts=facts,
        order=("person", "name", "telephone", "fax", "email", "leader"),
        lead=_("任命由秘书处办理；任命以前可以更改。"),
    )


def _reads(drive: Collection) -> bool:
    try:
        drives.drive_kept(current_actor(), drive.id)
    except Refusal:
        return False
    return True


@blueprint.route(f"/network/nominations/<int(max={HIGHEST_ID}):nomination_id>/accept", methods=["GET", "POST"])
@allows(KEEP_PEOPLE, once=True)
def settle(nomination_id: int) -> Response:
    """任命: the secretariat appoints whom the unit named."""
    actor = current_actor()
    found, _standing = nominations.asked_unit(actor, nomination_id, KEEP_PEOPLE)
    named = nomination_of(found)
    form = forms.AcceptForm()
    if named is not None and named.nominee_id is not None:
        del form.sign_in_name

    def do() -> Response:
        typed = form["sign_in_name"].data if "sign_in_name" in form else None
        post, once = nominations.accept(actor, nomination_id, sign_in_name=typed, replace=bool(form.replace.data))
        return appointed(post, found.unit, once)

    return perform(
        form, do, title=_("任命联络员"), button=_("任命"), back_url=url_for("liaisons.drive", drive_id=found.collection_id),
        crumb=found.collection.title, back_form=forms.SendBackForm(formdata=None),
        back_action=url_for("liaisons.send_back_nomination", nomination_id=nomination_id),
        facts=[(_("单位"), found.unit.name), *_named(named), (_("现任联络员"), _present(found))],
    )  # fmt: skip


def _named(named: Nomination | None) -> list[tuple[str, str]]:
    said = (named.nominee_name, named.telephone, named.email, named.leader) if named else ()
    words = (_("推荐人选"), _("联系电话"), _("邮箱"), _("分管领导"))
    return [(word, value or "") for word, value in zip_longest(words, said)]


def _present(found: CollectionUnit) -> str:
    """Who is the unit's liaison officer now: they leave when the other takes over."""
    return _("、").join(one.name for one in network.holders(found.unit_id, Role.LIAISON_OFFICER)) or _("空缺")


@blueprint.post(f"/network/nominations/<int(max={HIGHEST_ID}):nomination_id>/return")
@allows(KEEP_PEOPLE)
def send_back_nomination(nomination_id: int) -> Response:
    """退回推荐, with a reason."""
    actor, form = current_actor(), forms.SendBackForm()
    found, _standing = nominations.asked_unit(actor, nomination_id, KEEP_PEOPLE)

    def do() -> Response:
        nominations.send_back(actor, nomination_id, form.reason.data or "")
        flash(_("已退回，请该单位重新推荐"))
        return go(url_for("liaisons.drive", drive_id=found.collection_id))

    return perform(
        form, do, title=_("退回推荐"), back_url=url_for("liaisons.drive", drive_id=found.collection_id),
        crumb=found.collection.title,
    )  # fmt: skip
