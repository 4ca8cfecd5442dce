"""The page of one matter: with its content, or as a shell; the reading log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast
from uuid import UUID

from flask import Response, url_for

from portal.access.actor import Actor
from portal.access.policy import allowed
from portal.deadlines.formatting import day_words
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden
from portal.matters import acts, queries, report_views, views
from portal.matters.kinds import kind_of
from portal.matters.models import Extension, Matter
from portal.matters.readings import readings_of
from portal.matters.routes import blueprint
from portal.matters.service.reporting import SUBMIT_REPORT, seats_of
from portal.matters.verbs import CLOSE
from portal.matters.workflow import MatterVerb
from portal.papers.acts import SIGN
from portal.papers.models import Paper
from portal.papers.queries import latest_chain
from portal.papers.seats import Seat
from portal.web.guards import allows, current_actor
from portal.web.navigation import Button, desk_url
from portal.web.responses import go, page
from portal.web.transactions import shows_nothing
from portal.workflow import engine
from portal.workflow.verbs import Link, Offered


def url_of(matter: Matter) -> str:
    """The matter's page."""
    return url_for("matters.matter", matter_id=matter.id)


def after(matter: Matter) -> Response:
    """Where an act leads: to the matter's page; to the desk whom the act took out of its readers (a unit that declined,
    the signer of a confidential report who sent it back)."""
    return go(url_of(matter) if queries.still_reads(current_actor(), matter) else desk_url())


def head_of(matter: Matter) -> Any:
    """What every page about the matter names."""
    return views.head(matter, url_of(matter))


def buttons_of(matter: Matter, actor: Actor) -> list[Button]:
    """What this reader can do now, in the order of its kind; at most one is prominent: what is their turn, or urging when
    the day is near."""
    made: list[Button] = []
    for row in cast("Iterable[MatterVerb[Any] | Link[Matter]]", kind_of(matter).buttons):
        stands = row.stands(matter, actor)
        if stands is Offered.NEVER or not engine.is_mine(row, actor, matter):
            continue
        endpoint = row.endpoint if isinstance(row, Link) else f"matters.{row.name}"
        bare = row.bare if isinstance(row, Link) else row.form is None
        kind = "primary" if stands is Offered.TURN and all(one.kind != "primary" for one in made) else "quiet"
        made.append(Button(url_for(endpoint, matter_id=matter.id), str(row.label), kind, "post" if bare else "get"))
    return made


def _with_signing(buttons: list[Button], signing: Button | None) -> list[Button]:
    """A signature that waits for the reader comes before anything else."""
    if signing is None:
        return buttons
    for one in buttons:
        one.kind = "quiet"
    signing.kind = "primary"
    return [signing, *buttons]


def in_the_way(matter: Matter, actor: Actor) -> list[str]:
    """What stands in the way of what this person does next, submitting or closing: all of it, before a button is pressed."""
    sentences: list[str] = []
    verbs: tuple[MatterVerb[Any], ...] = (SUBMIT_REPORT, CLOSE)
    for verb in verbs:
        judged = engine.judge(verb, actor, matter)
        if judged.mine:
            sentences += judged.unmet
    return list(dict.fromkeys(sentences))


@blueprint.get("/matters/<uuid:matter_id>")
@allows(acts.READ_MATTER)
def matter(matter_id: UUID) -> Response:
    """The page of one matter."""
    actor = current_actor()
    found = queries.get_matter(actor, matter_id)
    if found.content is None:
        return _shell(actor, found)
    content, kind = found.content, kind_of(found)
    around = queries.around(actor, found)
    submitted = latest_chain(actor, found.id, kind.report.paper) if content.has("report") else None
    drawn = None
    signing = None
    if submitted is not None:
        latest, chain = submitted
        read_url = url_for("matters.read_report", report_id=latest.id)
        steps = report_views.steps(latest, *chain[1:], found, _to_walk(latest, found))
        drawn = {"draft_no": latest.draft, "steps": steps, "url": read_url, "document_number": latest.document_number}
        if found.step_now is not None and allowed(actor, SIGN, found):
            signing = Button(read_url, _("阅读并签批"))
    return page(
        kind.template,
        matter=head_of(found),
        turn=views.turn(found, actor.person_id),
        acts=_with_signing(buttons_of(found, actor), signing),
        deadline=views.closing(found),
        feedback=views.why(found.feedback),
        report=drawn,
        blocked=in_the_way(found, actor),
        entries=views.log(around.entries, found),
        tree=views.tree(
            found,
            [(child, url_of(child)) for child in around.children],
            getattr(found, "co_units", ()),
        ),
        tree_note=None,
        attachments=[
            {"name": a.name, "url": url_for("matters.attachment", attachment_id=a.id), "size": a.size} for a in around.papers
        ],
        parent=next(({"label": m.number, "url": url_of(m)} for m in around.related if m.id == found.parent_id), None),
        rounds=[{"label": m.number, "url": url_of(m)} for m in around.related if m.id != found.parent_id],
        readings_url=_readings_url(actor, found),
        extension=_extension_words(found, around.asked),
        register=_register(found),
        watermark=views.watermark(actor, found),
        **(kind.on_page(actor, found) if kind.on_page is not None else {}),
    )


def _register(found: Matter) -> dict[str, str]:
    """The list in which matters of its kind stand."""
    kind = kind_of(found)
    return {"url": url_for(kind.register), "label": str(kind.register_label)}


def _to_walk(report: Paper, found: Matter) -> Sequence[Seat]:
    """The seats through which a draft that is being written will go."""
    return seats_of(found) if report.state == "draft" else ()


def _extension_words(found: Matter, asked: Extension | None) -> str | None:
    if not found.extension_pending:
        return None
    if asked is None:
        return _("延期申请正在等待批复")
    return _("申请延期至 %(day)s，正在等待批复：%(reason)s", day=day_words(asked.until), reason=asked.reason)


def _readings_url(actor: Actor, found: Matter) -> str | None:
    return url_for("matters.readings", matter_id=found.id) if allowed(actor, acts.READ_READINGS, found) else None


def _shell(actor: Actor, found: Matter) -> Response:
    milestones = queries.milestones(actor, found)
    return page(
        "matters/shell.html",
        matter=head_of(found),
        turn=views.turn(found, actor.person_id),
        acts=buttons_of(found, actor),
        deadline=views.closing(found),
        dates=views.dates([m for m in milestones if m.kind != "urge"]),
        urgings=views.urgings(milestones),
        readings_url=_readings_url(actor, found),
        register=_register(found),
    )


@blueprint.get("/matters/<uuid:matter_id>/readings")
@allows(acts.READ_MATTER)
def readings(matter_id: UUID) -> Response:
    """Who read a confidential matter, for the supervision head."""
    actor = current_actor()
    found = queries.get_matter(actor, matter_id)
    decision = allowed(actor, acts.READ_READINGS, found)
    if not decision:
        raise Forbidden(_("您不能查看阅读记录：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    shows_nothing()  # of the content, which this reader may happen to read
    return page(
        "audit/readings.html",
        matter={"number": found.number, "url": url_of(found)},
        readings=readings_of(found),
        audience=None,
        pages=None,
    )
