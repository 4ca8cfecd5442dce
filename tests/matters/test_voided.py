"""An open matter that must become confidential: its number stays, without text; the instruction goes on under another."""

from __future__ import annotations

import io
from uuid import UUID

import psycopg
from sqlalchemy import select
from sqlalchemy.engine import make_url

from portal.access.actor import SYSTEM
from portal.access.models import View, Viewer
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.local.postgres import conninfo
from portal.matters import queries
from portal.matters.models import Matter
from portal.matters.rebuild import rebuild_viewers
from tests.world import World

TITLE = "关于青砚计划的情况反映"


def _void(world: World, matter_id: UUID) -> str:
    browser = world.browser("city.supervisor")
    answer = browser.post(
        world.url(f"matters/{matter_id}/make-confidential"),
        follow_redirects=True,
        data={"csrf_token": world.token(browser), "version": world.matter(matter_id).version, "reason": "涉及青砚个人"},
    )
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def _lived(world: World) -> UUID:
    """A matter with a co-unit, progress, a paper, a returned child and a report that is being signed."""
    matter_id = world.register(title=TITLE)
    browser = world.browser("city.supervisor")
    assert (
        browser.post(
            world.url(f"matters/{matter_id}/attach"),
            content_type="multipart/form-data",
            data={
                "csrf_token": world.token(browser),
                "version": world.matter(matter_id).version,
                "attachments": (io.BytesIO("青砚附件".encode()), "青砚.txt"),
            },
        ).status_code
        == 303
    )
    world.name_handler(world.assign(matter_id, co=("finance",)))
    world.progress(world.acknowledge(matter_id), words="青砚进展")
    world.submit(matter_id)
    return matter_id


def test_the_number_stays_without_text_for_everybody_who_read_it(world: World) -> None:
    matter_id = _lived(world)
    number = world.matter(matter_id).number
    shown = _void(world, matter_id)
    assert "此编号已作废" in shown
    for person in ("city.supervisor", "city.leader", "health.handler", "health.leader", "finance.liaison"):
        browser = world.browser(person)
        for path in (f"matters/{matter_id}", "instructions", "instructions?q=青砚", "messages", ""):
            page = (
                browser.get(world.url(path), follow_redirects=True)
                .get_data(as_text=True)
                .replace('value="青砚"', "")
                .replace("含“青砚”", "")
            )
            assert "青砚计划" not in page or (person == "city.supervisor" and path != f"matters/{matter_id}"), (person, path)
        page = browser.get(world.url(f"matters/{matter_id}")).get_data(as_text=True)
        assert number in page
        assert "限定知悉" not in page


def test_the_database_and_the_disk_hold_no_word_of_it_but_what_was_submitted(world: World, database: object) -> None:
    matter_id = _lived(world)
    files = world.app.extensions["settings"].files_dir
    before = len(list(files.iterdir()))
    _void(world, matter_id)
    assert len(list(files.iterdir())) == before - 1
    with psycopg.connect(conninfo(make_url(database.owner_url))) as owner:  # type: ignore[attr-defined]
        owner.execute("select set_config('app.city', %s, false)", [str(world.id)])
        tables = [r[0] for r in owner.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()]
        # The owner sees the search's pairs of every city, and other tests' cities are in the same database.
        found = [
            t
            for t in tables
            if owner.execute(
                f"select 1 from {t} t where t::text like '%%青砚%%' and coalesce(to_jsonb(t)->>'city_id', %s) = %s limit 1",
                [str(world.id)] * 2,
            ).fetchone()
        ]  # type: ignore[arg-type]
    assert found in ([], ["submission"])


def test_it_goes_on_under_a_number_of_its_own_read_by_who_registered_it_alone(world: World) -> None:
    matter_id = world.register(title=TITLE)
    world.name_handler(world.assign(matter_id))
    former = world.matter(matter_id)
    _void(world, matter_id)
    with world.work("city.supervisor"):
        (made,) = db.session.scalars(select(Matter).where(Matter.confidential).options(as_seen_by(SYSTEM)))
        mine = queries.get_matter(world.actor("city.supervisor"), made.id)
        assert mine.content is not None
        assert (mine.content.title, mine.state, mine.due_on, mine.lead_unit_id) == (
            TITLE,
            "registered",
            former.original_due_on,
            former.lead_unit_id,
        )
    with world.work("city.head"):
        assert queries.get_matter(world.actor("city.head"), made.id).content is None


def test_what_was_forwarded_is_void_too_and_the_index_is_what_a_rebuild_makes(world: World) -> None:
    matter_id = world.assign(world.register(title=TITLE), to="county")
    browser = world.browser("county.liaison")
    assert (
        browser.post(
            world.url(f"matters/{matter_id}/forward"),
            data={"csrf_token": world.token(browser), "version": world.matter(matter_id).version, "units": "桥头镇"},
        ).status_code
        == 303
    )
    with world.work():
        child = db.session.scalars(select(Matter.id).where(Matter.parent_id == matter_id).options(as_seen_by(SYSTEM))).one()
    above = world.browser("county.supervisor")
    assert (
        above.post(
            world.url(f"matters/{child}/withdraw"),
            data={"csrf_token": world.token(above), "version": world.matter(child).version, "reason": "随上级件"},
        ).status_code
        == 303
    )
    _void(world, matter_id)
    assert "青砚" not in world.browser("township.liaison").get(world.url(f"matters/{child}")).get_data(as_text=True)
    with world.work():
        rows = {tuple(row) for row in db.session.execute(select(Viewer.record_id, Viewer.principal, Viewer.view))}
        assert {view for seen, _who, view in rows if seen in (matter_id, child)} == {View.SHELL}
        rebuild_viewers()
        assert {tuple(row) for row in db.session.execute(select(Viewer.record_id, Viewer.principal, Viewer.view))} == rows
