"""From a secretariat's workbook to the network: judged, kept sealed for a day, carried out whole or not at all; and the
same columns out again."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, update

from portal.access.actor import Actor
from portal.access.policy import Act, allowed, covers
from portal.access.roles import Role
from portal.audit import journal
from portal.documents import workbook
from portal.identity.models import Person
from portal.identity.passwords import hashed_one_time, one_time_password
from portal.importing import previews
from portal.importing.models import ImportPreview
from portal.importing.reading import MEGABYTE, read_rows
from portal.kernel import clock
from portal.kernel.db import current_city, db, take_time
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Stale
from portal.kernel.text import tidy
from portal.network import queries, rules
from portal.network.business import business
from portal.network.importing import carry_out as write_new
from portal.network.importing import known_network, sound_of
from portal.network.models import Kind, Level, Post, Unit, UnitChange
from portal.network.models.changes import ChangeKind
from portal.network.plan import POSTS, UNITS, Fault
from portal.network.service.changing import LOCK
from portal.network.service.paths import settle_paths
from portal.network.workbooks import Changed, Judged, judge_posts, judge_units, table_of

KINDS = (UNITS, POSTS)
MOST_BYTES = 10 * MEGABYTE
MOST_ROWS = 20_000
SHOWN = 200
COLUMNS = {UNITS: rules.UNIT_COLUMNS, POSTS: rules.POST_COLUMNS}
_WORDS: dict[str, dict[Any, str]] = {
    rules.LEVEL: {level: word for word, level in rules.LEVELS.items()},
    rules.KIND: {kind: word for word, kind in rules.KINDS.items()},
    rules.ROLE: {role: word for word, role in rules.ROLES.items()},
}


def reach_of(actor: Actor) -> frozenset[int]:
    """The units whose subtrees he keeps. Refused (Forbidden) to whoever is in no secretariat."""
    decision = allowed(actor, Act.KEEP_NETWORK)
    if not decision:
        raise Forbidden(_("您不能维护单位网络"), unmet=decision.unmet)
    return frozenset(s.for_unit_id for s in actor.standings if s.role == Role.SECRETARIAT and covers(s, Act.KEEP_NETWORK))


def upload(actor: Actor, kind: str, name: str, data: bytes) -> ImportPreview:
    """Judge a workbook and keep it with its judgement. Refuses (Invalid) what is no workbook or lacks columns."""
    take_time()
    reach_of(actor)
    previews.forget_expired()
    name = previews.fit_name(actor.person_id, name)
    sheet = read_rows(data, titles=COLUMNS[kind], max_bytes=MOST_BYTES, max_rows=MOST_ROWS + 20)
    previews.refuse_marked_sheet(actor.person_id, sheet, rows=True)
    if len(sheet.rows) > MOST_ROWS:
        raise Invalid(_("行数过多，一次最多 %(most)s 行，请分几次导入。", most=MOST_ROWS))
    rows = [[row.number, *(_plain(cell.value) for cell in row.cells)] for row in sheet.rows]
    judged = _judge(actor, kind, sheet.header, rows)
    if first := next((fault for fault in judged.faults if fault.row == 1), None):
        raise Invalid(first.sentence)
    return previews.keep(
        actor.person_id,
        kind,
        name,
        {"sheet": sheet.name, "header": list(sheet.header), "rows": rows, "verdict": _verdict(judged)},
    )


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):
        return value.isoformat()
    return tidy(str(value)) if value is not None else ""


def _judge(actor: Actor, kind: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Judged:
    table, reach = table_of(header, rows), reach_of(actor)
    if kind == UNITS:
        own = {standing.for_unit_id for standing in rules.business_of(actor)}
        return judge_units(table, known_network(), reach, own)
    return judge_posts(table, known_network(), reach, actor.person_id)


def _verdict(judged: Judged) -> dict[str, Any]:
    plan = judged.plan
    new = [[u.row, u.code, u.name, u.parent_code or ""] for u in plan.units]
    new += [[p.row, f"{p.name}（{p.sign_in_name}）", str(p.role), p.unit_code] for p in plan.posts]
    return {
        "total": judged.total, "new": judged.new, "changed": len(judged.changed), "unchanged": judged.unchanged,
        "people": len(plan.new_people()), "bad": judged.bad_rows, "fingerprint": judged.fingerprint,
        "faults": [[fault.row, fault.column, fault.sentence] for fault in judged.faults],
        "first_new": new[:SHOWN],
        "first_changed": [[one.row, one.code, one.name, *map(list, one.what)] for one in judged.changed[:SHOWN]],
    }  # fmt: skip


def preview(actor: Actor, kind: str, preview_id: UUID, *, lock: bool = False) -> ImportPreview:
    """One's own, for a day."""
    reach_of(actor)
    return previews.mine(actor.person_id, kind, preview_id, lock=lock)


def carry_out(actor: Actor, kind: str, preview_id: UUID) -> ImportPreview:
    """Write all good rows in one transaction; a second click finds it done. Stale where the network has changed since it
    was judged, so that nothing is written that was not shown."""
    take_time()
    kept = preview(actor, kind, preview_id, lock=True)
    if kept.state == "imported":
        return kept
    if kept.state != "judged":
        raise Invalid(_("这份工作簿已放弃导入，请重新上传"))
    db.session.execute(select(func.pg_advisory_xact_lock(LOCK, current_city())))
    words = kept.judged
    judged = _judge(actor, kind, words["header"], words["rows"])
    if _plainly(judged.fingerprint) != words["verdict"]["fingerprint"]:
        raise Stale(_("核对之后有变动，没有导入任何一行；请重新上传核对"))
    if not judged.new and not judged.changed:
        raise Invalid(_("没有可以导入的行"))
    passwords = _one_time(judged)
    write_new(judged.plan, {name: stored for name, (_word, stored) in passwords.items()}, by=actor)
    if kind == UNITS:
        _write_changes(actor, judged, kept.name)
    newcomers = judged.plan.new_people()
    kept.secrets = [[name, newcomers[name].name, newcomers[name].unit_code, word] for name, (word, _s) in passwords.items()]
    kept.imported = [{"new": judged.new, "changed": len(judged.changed), "people": len(newcomers)}]
    kept.state = "imported"
    journal.record(
        actor,
        f"import_{kind}",
        "import",
        kept.id,
        after={"new": judged.new, "changed": [one.code for one in judged.changed], "people": sorted(newcomers)},
    )
    return kept


def _plainly(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plainly(one) for one in value]
    return value


def _one_time(judged: Judged) -> dict[str, tuple[str, str]]:
    given: dict[str, tuple[str, str]] = {}
    for name in judged.plan.new_people():
        word = one_time_password()
        given[name] = (word, hashed_one_time(word))
    return given


def _write_changes(actor: Actor, judged: Judged, workbook_name: str) -> None:
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
        business().moved(elsewhere)
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
    kept = preview(actor, POSTS, preview_id, lock=True)
    secrets = kept.secrets
    if not secrets:
        raise Invalid(_("一次性口令已经下载过，不再保存；遗失的请重置口令"))
    kept.secrets = []
    journal.record(actor, "passwords_fetched", "import", kept.id, after={"people": len(secrets)})
    target = io.BytesIO()
    header = (rules.SIGN_IN_NAME, rules.DISPLAY_NAME, rules.CODE, _("一次性口令"))
    workbook.write(target, _("一次性口令"), header, secrets, (24, 20, 20, 20))
    return target.getvalue()


def report(kept: ImportPreview) -> bytes:
    """The rows at fault under the workbook's own columns, each with what and why."""
    words = kept.judged
    said: dict[int, list[str]] = {}
    for row, column, sentence in words["verdict"]["faults"]:
        said.setdefault(row, []).append(f"{column}：{sentence}" if column else sentence)
    lines = [(*row[1:], row[0], "\n".join(said[row[0]])) for row in words["rows"] if row[0] in said]
    target = io.BytesIO()
    workbook.write(target, _("核对报告"), (*words["header"], _("原表行号"), _("说明")), lines)
    return target.getvalue()


def export(actor: Actor, sheet: str) -> bytes:
    """The secretariat's part of the network in the columns that an import takes."""
    take_time()
    reach = reach_of(actor)
    target = io.BytesIO()
    if sheet == UNITS:
        widths = (16, 30, 20, 14, 16, 16, 12)
        workbook.write(target, "单位表", rules.UNIT_COLUMNS, _units_out(reach), widths)
    else:
        workbook.write(target, "岗位表", rules.POST_COLUMNS, _posts_out(reach), (24, 24, 16, 16, 28))
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


def faults_of(kept: ImportPreview) -> list[Fault]:
    """What is at fault, as it was judged."""
    return [Fault(kept.kind, row, column, sentence) for row, column, sentence in kept.judged["verdict"]["faults"]]
