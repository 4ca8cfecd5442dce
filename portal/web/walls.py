"""What must stand before the portal serves anyone: it refuses to start as a database role that could walk round
row-level security, with a table of a city's rows unguarded, or, in production, with a demonstration city."""

from __future__ import annotations

from sqlalchemy import Engine, text

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


class WallMissing(RuntimeError):
    """The portal must not serve like this; the message says what to put right."""


def refuse_unless_safe(engine: Engine, production: bool) -> None:
    """Look at the database as the portal's own role; raises WallMissing."""
    faults = []
    with engine.connect() as connection:
        role = connection.execute(ROLE).one()
        if role.rolsuper or role.rolbypassrls:
            faults.append(f"the database role {role.rolname} passes row-level security (SUPERUSER or BYPASSRLS)")
        if role.owns:
            faults.append(f"the database role {role.rolname} owns tables; run as the role `app`")
        if not connection.execute(CITIES).scalar_one():
            faults.append("there are no tables yet: flask db upgrade")
        else:
            unguarded = connection.execute(UNGUARDED).scalars().all()
            if unguarded:
                faults.append(f"without enabled and forced row-level security: {', '.join(unguarded)}")
            playing = connection.execute(DEMONSTRATION).scalars().all() if production else []
            if playing:
                faults.append(f"demonstration cities have no place in production: {', '.join(playing)}")
    if faults:
        raise WallMissing("The portal does not start: " + "; ".join(faults) + ".")
