"""Every address of the portal, asked and sent by everybody who may read a confidential matter: whichever answer holds a word of
it leaves a reading, and whichever holds none leaves none. The addresses come from the portal itself, so no page is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from uuid import UUID
from zipfile import ZipFile

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.audit.models import Reading
from portal.kernel.db import db
from portal.matters import verbs
from portal.matters.models import Attachment
from portal.matters.queries import get_matter
from portal.matters.service import assigning, attaching, extending
from portal.matters.workflow import enact
from portal.papers.models import Paper
from tests.world import World

MARK = "青砚"  # in every word of the matter that is sealed
RECORD = re.compile(r"<uuid:(\w+)>")
READERS = ("city.supervisor", "city.head", "city.leader", "health.handler", "health.director", "health.deputy")
RECORD_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
SAMPLED = ("asking for time", "in sign-off")  # the others, and whoever signs: make test-all
FILLED = ("/amend", "/new-round")  # drawn again with what was typed alone, which may be nothing of it
TELLING = re.compile(r"/<slug:city>/($|instructions$|instructions/(export|import)|messages$|delegations$|network/units/|continue)")
"""Where more than one record is told of: desk, lists and what is made of them."""


class Life:
    """A confidential matter, and the records that belong to it so far."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.matter_id = world.register(confidential=True, title=f"关于{MARK}计划的情况反映", leader="city.leader")
        with world.work("city.supervisor"):
            actor = world.actor("city.supervisor")
            papers = [(f"{MARK}.txt", BytesIO(f"{MARK}附件".encode()))]
            attaching.attach_to_matter(actor, get_matter(actor, self.matter_id), papers)

    def stages(self) -> Iterator[str]:
        """The matter as it was declined, is at work while more time is asked for, in sign-off, and under review."""
        world, matter_id = self.world, self.matter_id
        world.assign(matter_id, handler="health.handler")
        with world.work("health.handler"):
            enact(
                world.actor("health.handler"),
                verbs.DECLINE,
                matter_id,
                assigning.Declining(code="not_ours", words=f"{MARK}不属我委"),
            )
        yield "declined"
        world.assign(matter_id, handler="health.handler")
        world.progress(world.acknowledge(matter_id), words=f"{MARK}已核查")
        with world.work("health.handler"):
            until = world.matter(matter_id).due_on + timedelta(days=2)
            enact(
                world.actor("health.handler"),
                verbs.ASK_EXTENSION,
                matter_id,
                extending.Asking(until=until, words=f"{MARK}资料多", progress="已查"),
            )
        yield "asking for time"
        with world.work("city.head"):
            enact(world.actor("city.head"), verbs.DECIDE_EXTENSION, matter_id, extending.Decision(granted=True, words="同意"))
        report_id = world.submit(matter_id)
        yield "in sign-off"
        world.sign(report_id, "health.director", "health.deputy")
        yield "under review"

    def ids(self) -> dict[str, UUID]:
        """The ids that stand in addresses, as far as there are such records."""
        with self.world.work():
            seen = as_seen_by(SYSTEM)
            report = db.session.scalar(select(Paper.id).where(Paper.record_id == self.matter_id).options(seen))
            paper = db.session.scalars(select(Attachment.id).where(Attachment.record_id == self.matter_id).options(seen)).first()
        found = {"matter_id": self.matter_id, "report_id": report, "attachment_id": paper}
        return {name: number for name, number in found.items() if number}

    def count(self, person: str) -> int:
        """How often this person has read it, as the log says."""
        with self.world.work():
            which = (Reading.record_id == self.matter_id, Reading.person_id == self.world.people[person])
            return db.session.scalar(select(func.count()).select_from(Reading).where(*which)) or 0


def asked(world: World, ids: dict[str, UUID], method: str) -> Iterator[str]:
    """Every address that answers to this method; what stands for a record is the matter's."""
    for rule in world.app.url_map.iter_rules():
        if method not in (rule.methods or ()) or not (RECORD.search(rule.rule) or (method == "GET" and TELLING.match(rule.rule))):
            continue
        path = rule.rule.replace("<slug:city>", world.slug)
        if all(name in ids for name in RECORD.findall(path)):
            path = RECORD.sub(lambda name: str(ids[name[1]]), path)
            path = path.replace("units/<int(max=2147483647):unit_id>", f"units/{world.units['health']}")
            if "<" not in path:
                yield path


def holds(answer: TestResponse) -> bool:
    """Whether a word of the matter stands in it, in a workbook too."""
    body = answer.data
    if body.startswith(b"PK"):
        with ZipFile(BytesIO(body)) as book:
            body = b"".join(book.read(name) for name in book.namelist())
    return MARK.encode() in body or MARK.encode("unicode_escape") in body


@pytest.mark.parametrize(
    ("stages", "readers"), [(SAMPLED, READERS[:4]), pytest.param(None, READERS, marks=pytest.mark.full)], ids=["sampled", "full"]
)
def test_I54_whatever_answer_holds_a_word_of_it_is_a_reading(
    world: World, stages: tuple[str, ...] | None, readers: tuple[str, ...]
) -> None:
    life, wrong, met = Life(world), [], set()
    browsers = {person: world.browser(person) for person in readers}
    tokens = {person: world.token(client) for person, client in browsers.items()}
    sent = {"version": "0", "digest": "0" * 64, "step": "1"}
    for stage in life.stages():
        if stages and stage not in stages:
            continue
        ids = life.ids()
        gets, posts = list(asked(world, ids, "GET")), list(asked(world, ids, "POST"))
        for person, client in browsers.items():
            if client.get(world.url(f"matters/{life.matter_id}")).status_code == 404:
                continue
            refused, before = set(), life.count(person)
            for method, path in [("GET", path) for path in gets] + [("POST", path) for path in posts]:
                if method == "POST" and path in refused:
                    continue
                answer = client.get(path) if method == "GET" else client.post(path, data=sent | {"csrf_token": tokens[person]})
                if answer.status_code in (403, 404):
                    refused.add(path)
                shown, after = holds(answer), life.count(person)
                read, before = after - before, after
                loaded = method == "POST" and path.endswith(FILLED) and read == 1
                if answer.status_code >= 500 or (read != shown and not loaded):
                    wrong.append((stage, person, method, path, answer.status_code, shown, read))
                if shown:
                    met.add((method, RECORD_ID.sub("…", path), answer.status_code))
    assert not wrong
    assert len({path for _method, path, _status in met}) > 20, met
