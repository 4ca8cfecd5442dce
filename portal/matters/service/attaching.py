"""Files with a matter or a report: screened, encrypted, kept under a random name; their own names are content."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import BinaryIO
from uuid import UUID, uuid4

from sqlalchemy import exists, select, update

from portal.access.actor import SYSTEM, Actor
from portal.access.policy import allowed
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.kernel import clock
from portal.kernel.db import after_commit, current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Missing, Stale
from portal.kernel.text import explain, objections, tidy
from portal.matters import acts
from portal.matters.models import Attachment, Matter
from portal.matters.queries import get_matter, whole_content
from portal.matters.workflow import WORKFLOW
from portal.papers.models import Paper
from portal.vault import screening
from portal.vault.encrypted_fields import keyed_digests
from portal.vault.encryption import SealBroken
from portal.vault.files import FileStore
from portal.workflow import engine

log = logging.getLogger(__name__)

MOST_BYTES = 20 * 1024 * 1024
MOST_NAME = 120
_store: FileStore | None = None


def configure(store: FileStore) -> None:
    """Where files are kept, said once by the factory."""
    global _store
    _store = store


def _files() -> FileStore:
    assert _store is not None, "the factory configures the file store"
    return _store


def attach_to_matter(
    actor: Actor, matter: Matter, papers: Iterable[tuple[str, BinaryIO]], version: int | None = None
) -> list[Attachment]:
    """The instruction's own papers, by name and content, added by the registering office before the matter has ended."""
    decision = allowed(actor, acts.ATTACH, matter)
    if not decision:
        raise Forbidden(_("您不能为此件加附件"), unmet=decision.unmet)
    if not matter.open:
        raise Invalid(_("此件现为“%(state)s”，不能再加附件", state=matter.state.label))
    engine.check_version(WORKFLOW, actor, matter, version)
    engine.bump_version(WORKFLOW, actor, matter)
    fit = [_fit(actor, name, stream) for name, stream in papers]  # all of them, before the first is kept
    return [_keep(actor, matter, None, paper) for paper in fit]


def attach_to_report(actor: Actor, report: Paper, name: str, stream: BinaryIO) -> Attachment:
    """A file that goes with the draft; a chain that is running is not touched."""
    matter = get_matter(actor, report.record_id)
    decision = allowed(actor, acts.DRAFT_REPORT, matter)
    if not decision:
        raise Forbidden(_("您不能为报结材料加附件"), unmet=decision.unmet)
    if report.state != "draft":
        raise Stale(_("这一稿已经送签，不能再加附件"))
    return _keep(actor, matter, report.id, _fit(actor, name, stream))


@dataclass(frozen=True, slots=True)
class _Paper:
    """A file that may be kept."""

    name: str
    data: bytes
    media_type: str


def _fit(actor: Actor, name: str, stream: BinaryIO) -> _Paper:
    name = tidy(name.replace("\\", "/").rsplit("/", 1)[-1])  # a path is no part of the name
    faults = objections(name, MOST_NAME, single_line=True)
    data = stream.read(MOST_BYTES + 1)
    if not name or faults:
        why = "；".join(explain(code, MOST_NAME) for code in faults) or _("文件没有名称")
        raise Invalid(_("文件名不能用"), fields={"attachments": why})
    if len(data) > MOST_BYTES:
        raise Invalid(_("文件过大"), fields={"attachments": _("“%(name)s”超过 20 MB，没有保存", name=name)})
    media_type = screening.check_type(name, data)
    if screening.screen_file(name, data):
        db.session.rollback()
        journal.note("classified_refused", "attachment", "file", actor.person_id, rule="mark")
        raise Invalid(str(screening.CLASSIFIED), fields={"attachments": str(screening.CLASSIFIED)})
    return _Paper(name, data, media_type)


def _keep(actor: Actor, matter: Matter, report_id: UUID | None, paper: _Paper) -> Attachment:
    identity = uuid4()
    kept = _files().store(BytesIO(paper.data), f"attachment:{identity}")
    made = Attachment(
        id=identity,
        record_id=matter.id,
        paper_id=report_id,
        confidential=matter.confidential,
        stored_name=kept.name,
        size=kept.size,
        media_type=paper.media_type,
        added_at=clock.now(),
        added_by_id=actor.person_id,
        name=paper.name,
        digest=_keyed(matter.id, kept.sha256) if matter.confidential else kept.sha256,
    )
    db.session.add(made)
    whole_content(matter).mark("attachment")
    journal.record(actor, "attach", "matter", matter.id, confidential=matter.confidential, after={"size": kept.size})
    db.session.flush()
    return made


def _keyed(matter_id: UUID, sha256: str) -> str:
    """The digest of a confidential file: such that whoever has a copy cannot recognise it without the vault's key."""
    return keyed_digests(sha256, f"attachments:{matter_id}")[0]


def key_plain_digests() -> None:
    """Confidential files of the present city that were kept before their digests took the key take it now; but what has been in a
    sign-off keeps its own, which the signatures bind."""
    submitted = exists().where(Paper.id == Attachment.paper_id, Paper.generation > 0)
    old = select(Attachment.id, Attachment.record_id, Attachment.digest).where(
        Attachment.city_id == current_city(), Attachment.confidential, ~Attachment.digest.contains(":"), ~submitted
    )
    for row in db.session.execute(old.options(as_seen_by(SYSTEM))).all():
        keyed = update(Attachment).where(Attachment.id == row.id).values(digest=_keyed(row.record_id, row.digest))
        db.session.execute(keyed.options(as_seen_by(SYSTEM)))


def drop(actor: Actor, report: Paper, wanted: Sequence[str]) -> None:
    """Take files off the draft again; the files themselves go once that is committed."""
    for text in wanted:
        try:
            identity = UUID(text)
        except ValueError:
            continue
        found = db.session.scalars(
            select(Attachment).where(Attachment.id == identity, Attachment.paper_id == report.id).options(as_seen_by(actor))
        ).first()
        if found is not None and report.state == "draft":
            db.session.delete(found)
            after_commit(partial(_files().remove, found.stored_name))
    db.session.flush()


def remove_all(matter: Matter) -> None:
    """Take every file of a void matter away: the rows now, the files themselves once that is committed."""
    for found in db.session.scalars(select(Attachment).where(Attachment.record_id == matter.id).options(as_seen_by(SYSTEM))).all():
        db.session.delete(found)
        after_commit(partial(_files().remove, found.stored_name))
    db.session.flush()


def stored() -> dict[str, int]:
    """The names under which the present city's files lie, and the size of each."""
    of_city = select(Attachment.stored_name, Attachment.size).where(Attachment.city_id == current_city())
    return {row.stored_name: row.size for row in db.session.execute(of_city.options(as_seen_by(SYSTEM)))}


@dataclass(frozen=True, slots=True)
class Compared:
    """Records against the disk: `missing` are names that records promise and the disk does not hold, `damaged` those whose
    files cannot be read or have another length, `strangers` files that none of these records names."""

    missing: list[str]
    damaged: list[str]
    strangers: list[str]
    writable: bool


def compare(stored: Mapping[str, int], *, closely: bool = False) -> Compared:
    """How these records stand to what lies on the disk; a directory that cannot be read holds nothing. Each file is looked at
    only `closely`: else none counts as damaged."""
    files = _files()
    try:
        there = files.names()
    except OSError:
        there = set()
    missing = sorted(set(stored).difference(there))
    looked_at = there.intersection(stored) if closely else ()
    damaged = sorted(name for name in looked_at if not files.is_whole(name, stored[name]))
    return Compared(missing, damaged, sorted(there.difference(stored)), files.writable())


def remove_orphans(stored: Collection[str]) -> int:
    """Remove the files that are none of these and a day old, which forms left behind that were refused after all; how
    many. `stored` are those of every city: all lie in one directory."""
    return len(_files().remove_orphans(stored))


def opened(found: Attachment) -> Iterator[bytes]:
    """The file's bytes, decrypted as they are read. Raises Missing where the disk does not hold it as it was kept."""
    try:
        return _files().open(found.stored_name, f"attachment:{found.id}")
    except (OSError, SealBroken) as fault:
        log.error("the file %s of attachment %s cannot be read: %s", found.stored_name, found.id, type(fault).__name__)
        raise Missing(_("这份文件读不到了")) from fault
