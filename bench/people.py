"""How many people two processors carry: ever more of them, all signed in, until one page in twenty is late.

Each is another person with a post. Their sessions are written into the database as rows, and their cookies signed as the
portal signs them: signing in a thousand times would only measure the password's check.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import subprocess
import sys
import time
from hashlib import sha256
from uuid import uuid4

from flask import Flask

from bench.network import SLUG
from bench.place import Ground
from bench.statements import Counted
from bench.targets import at_least
from bench.town import Town
from bench.walkers import Orders, Walked
from portal.access.roles import OFFICERS, Role
from portal.local.places import CLONE
from portal.local.processes import NotStarted

STEPS = (250, 500, 1_000, 1_500)
WARM, SECONDS = 14.0, float(os.environ.get("BENCH_SECONDS", "36"))
LATE = 300.0  # milliseconds, of one page in twenty
LEAST, AIM = 1_000, 1_500


def _signed_in(town: Town, app: Flask, persons: list[int]) -> list[str]:
    """A session for each person; the cookies."""
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    cookies = []
    with town.connection.cursor().copy(
        "copy sign_in_session (id, token_digest, person_id, source, started_at, seen_at, confirmed_at, ends_at) from stdin"
    ) as copy:
        now = time.time()
        for person in persons:
            token, at = secrets.token_urlsafe(32), _moment(now)
            seen = _moment(now - random.uniform(0, 60))  # noted once a minute: not of everybody at once
            copy.write_row((uuid4(), sha256(token.encode()).hexdigest(), person, "127.0.0.1", seen, seen, at, _moment(now + 7200)))
            cookies.append(f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps({'_user_id': token, '_fresh': True})}")
    return cookies


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime(seconds))


def _walk(port: int, cookies: list[str]) -> Walked:
    orders = Orders(port, SLUG, cookies, WARM, SECONDS)
    said = subprocess.run(
        [sys.executable, "-m", "bench.walkers"],
        cwd=CLONE,
        input=json.dumps(orders),
        text=True,
        check=False,
        capture_output=True,
        timeout=WARM + SECONDS + 60,
    )
    if said.returncode:
        raise NotStarted(f"The walk failed:\n{said.stderr}")
    return Walked(*json.loads(said.stdout))


def run(ground: Ground, town: Town) -> None:
    """Measures and prints."""
    steps = [int(step) for step in os.environ.get("BENCH_PEOPLE", "").split(",") if step] or STEPS
    counted = Counted(town.environment)
    # Whoever has business; the others have no register.
    others = [str(role) for role in (*OFFICERS, Role.SECRETARIAT)]
    found = town.connection.execute("select distinct person_id from post where role <> all(%s) order by 1", (others,)).fetchall()
    persons = [person for (person,) in found]
    random.Random(1).shuffle(persons)
    cookies = _signed_in(town, counted.app, persons[: max(steps)])
    counted.close()
    town.connection.execute("analyze sign_in_session")
    web = ground.serve("wsgi:app", town.environment)
    print("\npeople: desk, register, a matter, 5 to 10 s of thought between\n")
    print(f"{'people':>7} {'req/s':>7} {'p50 ms':>8} {'p95 ms':>8} {'client':>8}   of a processor; answers")
    carried = 0
    for step in steps:
        walked = _walk(web.port, cookies[:step])
        times = sorted(walked.times)
        p50, p95 = (times[int(len(times) * share)] * 1000 for share in (0.5, 0.95))
        answers = ", ".join(f"{count:,} × {status}" for status, count in sorted(walked.answers.items()))
        without = f"; {walked.without:,} registers without a matter" if walked.without else ""
        rate, client = len(times) / SECONDS, walked.processor / SECONDS
        print(f"{step:7,} {rate:7.0f} {p50:8.0f} {p95:8.0f} {client:8.0%}   {answers}{without}", flush=True)
        if p95 > LATE or set(walked.answers) != {"200"}:
            break
        carried = step
    ground.end(web)
    at_least(f"people at p95 ≤ {LATE:.0f} ms", carried, LEAST, AIM)
