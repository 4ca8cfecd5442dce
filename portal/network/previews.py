"""From a secretariat's workbook to the network: judged, kept sealed for a day, carried out whole or not at all; and the
same columns out again."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from flask_babel import LazyString
from sqlalchemy import func, insert, select, text, update

from portal.access.actor import Actor
from portal.access.policy import allowed, covers
from portal.access.roles import Role
from portal.audit import journal
from portal.documents import workbook
from portal.identity.models import Person
from portal.identity.passwords import hashed_one_time, one_time_password
from portal.importing import service as importing
from portal.importing.cells import Sheet
from portal.importing.models import ImportPreview
from portal.importing.service import Import
from portal.kernel import clock
from portal.kernel.db import current_city, db, take_time
from portal.kernel.language import _, _l
from portal.kernel.refusals import Forbidden, Invalid
from portal.network import acts, business, queries, rules
from portal.network.importing import carry_out as write_new
from portal.network.importing import known_network, sound_of
from portal.network.models import Kind, Level, Post, Unit, UnitChange
from portal.network.models.changes import ChangeKind
from portal.network.plan import COLUMNS, POSTS, UNITS
from portal.network.service.changing import LOCK
from portal.network.service.paths import settle_paths
from portal.network.workbooks import Changed, JudgedNetwork, judge_posts, judge_units

MOST_ROWS = 20_000
_WORDS: dict[str, dict[Any, str]] = {
    rules.LEVEL: {level: word for word, level in rules.LEVELS.items()},
    rules.KIND: {kind: word for word, kind in rules.KINDS.items()},
    rules.ROLE: {role: word for word, role in rules.ROLES.items()},
}


def reach_of(actor: Actor) -> frozenset[int]:
    """The units whose subtrees he keeps. Refused (Forbidden) to whoever is in no secretariat."""
    decision = allowed(actor, acts.KEEP_NETWORK)
    if not decision:
        raise Forbidden(_("您不能维护单位网络"), unmet=decision.unmet)
    return frozenset(s.for_unit_id for s in actor.standings if s.role == Role.SECRETARIAT and covers(s, acts.KEEP_NETWORK))


def _judge_units(actor: Actor, sheet: Sheet) -> JudgedNetwork:
    own = {standing.for_unit_id for standing in rules.business_of(actor)}
    return judge_units(sheet, known_network(), reach_of(actor), own)


def _judge_posts(actor: Actor, sheet: Sheet) -> JudgedNetwork:
    return judge_posts(sheet, known_network(), reach_of(actor), actor.person_id)


def _carry_out(actor: Actor, judged: JudgedNetwork, kept: ImportPreview) -> dict[str, Any]:
    """Write new units, posts and people, renames and moves; the new people's passwords wait to be fetched."""
    passwords = _one_time(judged)
    write_new(judged.plan, {name: stored for name, (_word, stored) in passwords.items()}, by=actor)
    if kept.kind == UNITS:
        _write_changes(actor, judged, kept.name)
    newcomers = judged.plan.new_people()
    kept.secrets = [[name, newcomers[name].name, newcomers[name].unit_code, word] for name, (word, _s) in passwords.items()]
    return {"new": judged.tally["new"], "changed": [one.code for one in judged.changed], "people": sorted(newcomers)}


def _one_time(judged: JudgedNetwork) -> dict[str, tuple[str, str]]:
    given: dict[str, tuple[str, str]] = {}
    for name in judged.plan.new_people():
        word = one_time_password()
        given[name] = (word, hashed_one_time(word))
    return given


def _write_changes(actor: Actor, judged: JudgedNetwork, workbook_name: str) -> None:
    """Renames and moves in bulk, each with its own row of history; paths and readers follow once."""
    codes = {*(one.code for one in judged.changed), *(unit.code for unit in judged.plan.units)}
    codes |= {one.parent_code for one in judged.changed if one.parent_code}
    codes |= {unit.parent_code for unit in judged.plan.units if unit.parent_code}
    named = select(Unit.code, Unit.id).where(Unit.city_id == current_city(), Unit.code.in_(codes))
    ids = {row.code: row.id for row in db.session.execute(named)}
    rows = [
        _history(actor, ChangeKind.FOUND, ids[unit.code], ids.get(unit.parent_code or ""), workbook_name, None,
                 {"code": unit.code, "name": unit.name})
        for unit in judged.plan.units
    ]  # fmt: skip
    renamed = [one for one in judged.changed if any(column != rules.PARENT for column, _now, _then in one.what)]
    moved = [one for one in judged.changed if one.parent_code]
    if renamed:
        _rename([(ids[one.code], one.values) for one in renamed])
        rows += [_history(actor, ChangeKind.RENAME, ids[one.code], None, workbook_name, _was(one), dict(one.values))
                 for one in renamed]  # fmt: skip
    if moved:
        parents = {one.code: ids[one.parent_code or ""] for one in moved}
        db.session.execute(update(Unit), [{"id": ids[code], "parent_id": parent} for code, parent in parents.items()])
        rows += [_history(actor, ChangeKind.MOVE, ids[one.code], parents[one.code], workbook_name, _was(one),
                          {"parent_id": parents[one.code]}) for one in moved]  # fmt: skip
        elsewhere = settle_paths(sorted(reach_of(actor)))
        business.moved(elsewhere)
    changed = [ids[one.code] for one in judged.changed]
    db.session.execute(
        update(Unit).where(Unit.id.in_(changed)).values(version=Unit.version + 1)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if rows:
        db.session.execute(insert(UnitChange), rows)


# One statement, so that the words of ten thousand units are written once.
_RENAME = text("""
UPDATE unit SET name = n.name, short_name = n.short_name, document_prefix = n.prefix, pinyin = n.pinyin
FROM unnest(CAST(:ids AS integer[]), CAST(:names AS text[]), CAST(:shorts AS text[]), CAST(:prefixes AS text[]),
            CAST(:sounds AS text[])) AS n (id, name, short_name, prefix, pinyin)
WHERE unit.id = n.id
""")


def _rename(given: Sequence[tuple[int, dict[str, str | None]]]) -> None:
    db.session.execute(
        _RENAME,
        {
            "ids": [unit_id for unit_id, _names in given],
            "names": [names["name"] for _id, names in given],
            "shorts": [names["short_name"] for _id, names in given],
            "prefixes": [names["document_prefix"] for _id, names in given],
            "sounds": [sound_of(str(names["short_name"]), str(names["name"])) for _id, names in given],
        },
    )


def _was(one: Changed) -> dict[str, str]:
    names = {rules.NAME: "name", rules.SHORT_NAME: "short_name", rules.PREFIX: "document_prefix", rules.PARENT: "parent"}
    return {names[column]: now for column, now, _then in one.what}


def _history(
    actor: Actor,
    kind: ChangeKind,
    unit_id: int,
    other_id: int | None,
    name: str,
    before: dict[str, Any] | None,
    wanted: dict[str, Any],
) -> dict[str, Any]:
    acting = next((s for s in actor.standings if s.role == Role.SECRETARIAT), None)
    return {
        "kind": kind, "unit_id": unit_id, "other_id": other_id, "from_on": clock.today(),
        "reason": _("工作簿导入：%(name)s", name=name)[:200], "wanted": wanted, "before": before, "after": wanted,
        "person_id": actor.person_id, "post_id": acting.post_id if acting else None, "made_at": clock.now(),
        "carried_out_at": clock.now(),
    }  # fmt: skip


def passwords_once(actor: Actor, preview_id: UUID) -> bytes:
    """The one-time passwords of an import as a workbook; they are forgotten with it. Refused (Invalid) the second time."""
    kept = importing.preview(actor, IMPORTS[POSTS], preview_id, lock=True)
    secrets = kept.secrets
    if not secrets:
        raise Invalid(_("一次性口令已经下载过，不再保存；遗失的请重置口令"))
    kept.secrets = []
    journal.record(actor, "passwords_fetched", "import", kept.id, after={"people": len(secrets)})
    target = io.BytesIO()
    header = (rules.SIGN_IN_NAME, rules.DISPLAY_NAME, rules.CODE, _("一次性口令"))
    workbook.write(target, _("一次性口令"), header, secrets, (24, 20, 20, 20))
    return target.getvalue()


def export(actor: Actor, sheet: str) -> bytes:
    """The secretariat's part of the network in the columns that an import takes."""
    take_time()
    reach = reach_of(actor)
    target = io.BytesIO()
    if sheet == UNITS:
        workbook.write(target, "单位表", rules.UNIT_COLUMNS, _units_out(reach), [column.width for column in COLUMNS[UNITS]])
    else:
        workbook.write(target, "岗位表", rules.POST_COLUMNS, _posts_out(reach), [column.width for column in COLUMNS[POSTS]])
    return target.getvalue()


def _units_out(reach: frozenset[int]) -> list[tuple[Any, ...]]:
    units = list(db.session.scalars(
        select(Unit).where(Unit.city_id == current_city(), Unit.retired_on.is_(None), Unit.id.in_(_ids(reach)))
        .order_by(func.cardinality(Unit.path), Unit.code)
    ))  # fmt: skip
    above = {unit.parent_id for unit in units if unit.parent_id}
    codes = {row.id: row.code for row in db.session.execute(select(Unit.id, Unit.code).where(Unit.id.in_(above)))}
    return [
        (one.code, one.name, one.short_name, _WORDS[rules.LEVEL][Level(one.level)], _WORDS[rules.KIND][Kind(one.kind)],
         codes.get(one.parent_id or 0, ""), one.document_prefix or "")
        for one in units
    ]  # fmt: skip


def _posts_out(reach: frozenset[int]) -> list[tuple[Any, ...]]:
    rows = db.session.execute(
        select(Person.sign_in_name, Person.name, Unit.code, Post.role, Person.email)
        .join(Post, Post.person_id == Person.id)
        .join(Unit, Unit.id == Post.unit_id)
        .where(Post.city_id == current_city(), Post.unit_id.in_(_ids(reach)), queries.in_force(clock.today()), Person.active)
        .order_by(Unit.code, Post.id)
    )
    return [(name, said, code, _WORDS[rules.ROLE][Role(role)], email or "") for name, said, code, role, email in rows]


def _ids(reach: frozenset[int]) -> list[int]:
    found: set[int] = set()
    for unit_id in reach:
        found |= set(db.session.scalars(queries.below_ids(unit_id)))
    return sorted(found)


def _import(kind: str, words: LazyString, judge: Callable[[Actor, Sheet], JudgedNetwork]) -> Import[Any]:
    return Import(
        name=kind,
        words=words,
        act=acts.KEEP_NETWORK,
        columns=COLUMNS[kind],
        judge=judge,
        carry_out=_carry_out,  # type: ignore[arg-type]  # what its own judge has judged
        gate=reach_of,
        journal=f"import_{kind}",
        most_rows=MOST_ROWS,
        lock=LOCK,
    )


IMPORTS = {UNITS: _import(UNITS, _l("单位表"), _judge_units), POSTS: _import(POSTS, _l("岗位表"), _judge_posts)}
