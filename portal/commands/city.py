"""`flask city …`: a city is founded, its network brought in from two workbooks, its one-time passwords printed once.

Faults, progress and totals go to standard error; standard output carries the passwords alone, one person a line:
sign-in name, display name, password, parted by tabs.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal.access.actor import SYSTEM
from portal.access.roles import Role
from portal.audit import journal
from portal.deadlines.service import seed_calendar
from portal.identity.models import Person
from portal.identity.passwords import hashed, one_time_password
from portal.importing.cells import Sheet
from portal.importing.reading import MEGABYTE, read_rows
from portal.kernel import clock
from portal.kernel.city import City, all_cities, city_by_slug
from portal.kernel.db import db, enter
from portal.kernel.refusals import Invalid, Refusal
from portal.kernel.text import objections, tidy
from portal.network.divisions import tables_of
from portal.network.importing import Written, carry_out, known_network
from portal.network.models import Unit
from portal.network.plan import COLUMNS, POSTS, UNITS, Plan, plan_import
from portal.officers.queries import founding_unit
from portal.officers.service import make_officers

MOST_ROWS = 300_000
MOST_BYTES = 60 * MEGABYTE
MOST_UNPACKED = 600 * MEGABYTE
_SLUG = re.compile(r"[a-z][a-z0-9-]{1,39}")
_TAKEN = frozenset({"static", "healthz", "readyz"})
_SHEETS = {UNITS: "单位表", POSTS: "岗位表"}

city = AppGroup("city", help="Cities: found one, bring in its units and posts, list them.")


class AlreadyThere(Exception):
    """A city of that short name exists."""


def found(slug: str, name: str, *, demonstration: bool = False) -> City:
    """Found a city with its calendar, and go on in it. Commits. Raises AlreadyThere, ValueError for unfit names."""
    name = tidy(name)
    if not _SLUG.fullmatch(slug) or slug in _TAKEN:
        raise ValueError("The short name has 2 to 40 lower-case letters, digits and hyphens, a letter first.")
    if not name or objections(name, 60, single_line=True):
        raise ValueError("The name has 1 to 60 visible characters.")
    made = City(slug=slug, name=name, demonstration=demonstration, created_at=clock.now())
    db.session.add(made)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise AlreadyThere(slug) from None
    enter(made.id)
    seed_calendar(db.session(), made.id)
    db.session.commit()
    return made


def sheet_from(path: Path, kind: str) -> Sheet:
    """The sheet of a workbook that bears the columns; refused (Invalid) with a sentence when it cannot be read."""
    return read_rows(path.read_bytes(), columns=COLUMNS[kind], max_bytes=MOST_BYTES, max_unpacked=MOST_UNPACKED, max_rows=MOST_ROWS)


def write_network(plan: Plan, hashes: Mapping[str, str], *, must_change_password: bool) -> Written:
    """Carry out a plan in the session's city and write it down. Does not commit."""
    written = carry_out(plan, hashes, must_change_password=must_change_password)
    facts = {"units": written.units, "people": written.people, "posts": written.posts}
    journal.record(SYSTEM, "import_network", "network", "all", after=facts)
    return written


def bring_demonstration_network(units: Path, posts: Path, password_hash: str) -> Written:
    """Fill the session's city for show: everybody shares one stored password and keeps it. Does not commit."""
    plan = plan_import(sheet_from(units, UNITS), sheet_from(posts, POSTS), known_network())
    if not plan.good:
        raise Invalid("\n".join(f"{f.sheet} {f.row} {f.column} {f.why}" for f in plan.faults[:20]))
    return write_network(plan, dict.fromkeys(plan.new_people(), password_hash), must_change_password=False)


def hash_all(passwords: Mapping[str, str]) -> dict[str, str]:
    """The stored form of every password, by the same keys; on all cores, with a progress bar on standard error."""
    stored: dict[str, str] = {}
    # Fresh processes: a forked one would share this one's database connection.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        results = zip(passwords, pool.map(hashed, passwords.values(), chunksize=8), strict=True)
        with click.progressbar(results, length=len(passwords), label="Storing passwords", file=sys.stderr) as bar:
            stored.update(bar)
    return stored


@city.command("create")
@click.argument("slug")
@click.argument("name")
def create(slug: str, name: str) -> None:
    """Found a city: its short name in addresses, and its name."""
    try:
        found(slug, name)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    except AlreadyThere:
        raise click.ClickException(f"There is a city {slug} already.") from None
    click.echo(f"{slug}  {name}")


@city.command("officers")
@click.argument("slug")
@click.option("--system", default="sys.admin", show_default=True, help="Sign-in name of the system administrator.")
@click.option("--security", default="sec.admin", show_default=True, help="Sign-in name of the security administrator.")
@click.option("--auditor", default="auditor", show_default=True, help="Sign-in name of the auditor.")
@click.option("--names", nargs=3, default=("系统管理员", "安全管理员", "审计员"), help="Their three display names, in that order.")
def officers(slug: str, system: str, security: str, auditor: str, names: tuple[str, str, str]) -> None:
    """At a city's founding: make its three officers, three persons with one-time passwords, printed once."""
    _enter(slug)
    home = founding_unit()
    if home is None:
        raise click.ClickException("The city has no units yet; bring in its network first.")
    roles = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)
    wanted = dict(zip(roles, zip((system, security, auditor), names, strict=True), strict=True))
    try:
        made = make_officers(wanted, home.id, home.acts_for_id)
    except Refusal as refusal:
        db.session.rollback()
        raise click.ClickException(str(refusal.sentence)) from None
    journal.record(SYSTEM, "found_officers", "network", "officers", after={"count": len(made)})
    db.session.commit()
    click.echo("Each must change the password and set up a second factor at the first sign-in.", err=True)
    for role, (sign_in_name, once) in made.items():
        click.echo(f"{sign_in_name}\t{role.label}\t{once}")


@city.command("list")
def list_cities() -> None:
    """List the cities with the numbers of their units and people."""
    for one in all_cities():
        enter(one.id)
        units = db.session.scalar(select(func.count(Unit.id)).where(Unit.city_id == one.id))
        people = db.session.scalar(select(func.count(Person.id)).where(Person.city_id == one.id))
        note = "  demonstration" if one.demonstration else ""
        click.echo(f"{one.slug}  {one.name}  {units} units  {people} people{note}")


@city.command("import")
@click.argument("slug")
@click.argument("units", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("posts", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Judge every row and write nothing.")
def bring_in(slug: str, units: Path, posts: Path, dry_run: bool) -> None:
    """Bring in units and posts from two workbooks: all rows or none."""
    _enter(slug)
    try:
        tables = sheet_from(units, UNITS), sheet_from(posts, POSTS)
    except Refusal as refusal:
        raise click.ClickException(str(refusal.sentence)) from None
    _bring(*tables, dry_run=dry_run)


@city.command("from-divisions")
@click.argument("slug")
@click.option("--code", required=True, help="The city's division code, such as 3301.")
@click.option("--dry-run", is_flag=True, help="Judge every row and write nothing.")
def from_divisions(slug: str, code: str, dry_run: bool) -> None:
    """Make a city's units and posts of the country's table of divisions."""
    _enter(slug)
    try:
        tables = tables_of(code)
    except Refusal as refusal:
        raise click.ClickException(str(refusal.sentence)) from None
    _bring(*tables, dry_run=dry_run)


def _bring(units: Sheet, posts: Sheet, *, dry_run: bool) -> None:
    plan = plan_import(units, posts, known_network())
    _say_judgement(plan, every_row=dry_run)
    if not plan.good:
        raise click.ClickException(f"{len(plan.faults)} faults; nothing was written.")
    if dry_run:
        click.echo("Nothing was written (dry run).", err=True)
        return
    db.session.rollback()  # no transaction stays open while passwords are computed
    newcomers = plan.new_people()
    words: dict[str, str] = {}
    given: set[str] = set()
    for name in newcomers:
        while (word := one_time_password()) in given:
            pass
        given.add(word)
        words[name] = word
    hashes = hash_all(words) if words else {}
    began = time.monotonic()
    try:
        written = write_network(plan, hashes, must_change_password=True)
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        raise click.ClickException("The network was changed meanwhile; nothing was written. Try again.") from None
    click.echo(
        f"{written.units} units, {written.people} people, {written.posts} posts written in "
        f"{time.monotonic() - began:.1f} s. The passwords are shown this once:",
        err=True,
    )
    for name, word in words.items():
        click.echo(f"{name}\t{newcomers[name].name}\t{word}")


def _say_judgement(plan: Plan, *, every_row: bool) -> None:
    faults: dict[tuple[str, int], list[str]] = {}
    for fault in plan.faults:
        faults.setdefault((fault.sheet, fault.row), []).append(f"{fault.column}：{fault.why}" if fault.column else fault.why)
    rows = dict.fromkeys(faults, "")
    if every_row:
        rows |= {(UNITS, unit.row): f"{unit.code} {unit.name}" for unit in plan.units}
        rows |= {(POSTS, post.row): f"{post.sign_in_name} {post.unit_code}" for post in plan.posts}
    for sheet, row in sorted(rows, key=lambda at: (at[0] != UNITS, at[1])):
        said = "；".join(faults.get((sheet, row), ["可导入"]))
        click.echo(" ".join(filter(None, (_SHEETS[sheet], str(row), rows[sheet, row], said))), err=True)
    bad = {sheet: len({f.row for f in plan.faults if f.sheet == sheet}) for sheet in _SHEETS}
    for sheet, count in ((UNITS, plan.unit_rows), (POSTS, plan.post_rows)):
        click.echo(f"{_SHEETS[sheet]}: {count} rows, {bad[sheet]} with faults", err=True)


def _enter(slug: str) -> None:
    found_city = city_by_slug(slug)
    if found_city is None:
        raise click.ClickException(f"There is no city {slug}; found it with `flask city create`.")
    enter(found_city.id)
