"""What must stand before the portal serves anyone: it refuses to start as a database role that could walk round
row-level security, with a table of a city's rows unguarded, or, in production, with a demonstration city."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from portal.config import NotFit

ROLE = text(
    "SELECT rolname, rolsuper, rolbypassrls,"
    " EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"
    "  AND c.relkind IN ('r', 'p', 'v', 'm') AND pg_has_role(r.oid, c.relowner, 'MEMBER')) AS owns"
    " FROM pg_roles r WHERE rolname = current_user"
)
# Forced, unless the portal's role cannot read the table anyway (what search looks in: a function reads it).
UNGUARDED = text(
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'city_id' AND NOT a.attisdropped"
    " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity"
    " AND (c.relforcerowsecurity OR NOT has_table_privilege(c.oid, 'SELECT')))"
    " ORDER BY 1"
)
CITIES = text("SELECT to_regclass('public.city') IS NOT NULL")
DEMONSTRATION = text("SELECT slug FROM city WHERE demonstration ORDER BY slug")


class StartupCheckFailed(NotFit):
    """The portal must not serve like this; the message says what to put right."""


def faults(connection: Connection, production: bool) -> list[str]:
    """What is missing, in words for the operator, seen as the portal's own role; nothing where every wall stands."""
    missing = []
    role = connection.execute(ROLE).one()
    if role.rolsuper or role.rolbypassrls:
        missing.append(f"the database role {role.rolname} passes row-level security (SUPERUSER or BYPASSRLS)")
    if role.owns:
        missing.append(f"the database role {role.rolname} owns tables; run as the role `app`")
    if not connection.execute(CITIES).scalar_one():
        return [*missing, "there are no tables yet: flask db upgrade"]
    unguarded = connection.execute(UNGUARDED).scalars().all()
    if unguarded:
        missing.append(f"without enabled and forced row-level security: {', '.join(unguarded)}")
    playing = connection.execute(DEMONSTRATION).scalars().all() if production else []
    if playing:
        missing.append(f"demonstration cities have no place in production: {', '.join(playing)}")
    return missing


def refuse_unless_safe(engine: Engine, production: bool) -> None:
    """Look at the database before anyone is served; raises StartupCheckFailed."""
    with engine.connect() as connection:
        missing = faults(connection, production)
    if missing:
        raise StartupCheckFailed("The portal does not start: " + "; ".join(missing) + ".")
