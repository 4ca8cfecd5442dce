"""What pickers ask while somebody types: units, leaders, people."""

from __future__ import annotations

from flask import Response, jsonify, request

from portal.kernel.language import _
from portal.kernel.text import objections, tidy
from portal.network import acts, queries
from portal.network.routes import blueprint
from portal.web.guards import allows

LONGEST_QUESTION = 60


@blueprint.get("/network/suggest")
@allows(acts.READ_NETWORK)
def suggest() -> Response:
    """For pickers: units that may lead or help, by part of name, short name, code or pinyin; `organs=1`: all units. By the
    words of one that is no more its heir is found."""
    found: dict[int, dict[str, str]] = {}
    for one in queries.units_matching(question(), organs=request.args.get("organs") == "1", retired=True):
        unit = one if one.retired_on is None else one.heir
        if unit is not None:
            note = unit.code if unit is one else _("%(code)s　承接%(former)s", code=unit.code, former=one.name)
            found.setdefault(unit.id, {"value": f"{unit.name} ({unit.code})", "label": unit.name, "note": note})
    return jsonify(list(found.values()))


@blueprint.get("/network/suggest-leaders")
@allows(acts.READ_NETWORK)
def suggest_leaders() -> Response:
    """For pickers: leaders of this city's committees and governments."""
    return jsonify(
        [{"value": one.name, "label": one.name, "note": one.sign_in_name} for one in queries.leaders_matching(question())]
    )


@blueprint.get("/network/suggest-people")
@allows(acts.READ_NETWORK)
def suggest_people() -> Response:
    """For pickers: people of this city, to be appointed or nominated."""
    return jsonify(
        [
            {"value": f"{one.name} ({one.sign_in_name})", "label": one.name, "note": one.sign_in_name}
            for one in queries.people_matching(question())
        ]
    )


def question() -> str:
    """What was typed, ready to be looked up."""
    # What no unit can be named is a question without an answer, never an error.
    said = tidy(request.args.get("q", ""))[:LONGEST_QUESTION]
    return "" if objections(said, single_line=True) else said
