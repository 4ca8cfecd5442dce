"""One command starts everything, keeps it alive, keeps the data, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import urllib.request
from pathlib import Path

from portal.local.places import Place, short_directory
from tests.local.conftest import PATIENCE, Trial, until

# The loaded portal last: it takes those before it along.
EVERYBODY = ("postgres -D", "valkey-server", "gunicorn: master", "duban: worker", "duban: clock", "portal.local.loaded")

WAITING = """

def finish(app):
    import os, time
    print("waits", flush=True)
    while not os.path.exists(os.environ["FILES_DIR"] + "/../open"):
        time.sleep(0.05)
"""


def page(trial: Trial) -> str:
    """What the web server answers."""
    found = re.search(r"http://127\.0\.0\.1:\d+/", trial.said())
    assert found, trial.said()
    with urllib.request.urlopen(found[0], timeout=PATIENCE) as answer:
        return answer.read().decode()


def cities(trial: Trial) -> str:
    """The cities in the trial's database, counted by a command of its own."""
    script = (
        "import os, psycopg; print(psycopg.connect(os.environ['DATABASE_URL'].replace('+psycopg', ''))"
        ".execute('select count(*), min(at) from city').fetchone())"
    )
    done = trial.call("with", "python", "-c", script)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_first_start_makes_everything_and_says_where_it_is(trial: Trial) -> None:
    trial.start()
    assert "张主任 may sign in" in trial.said()
    assert page(trial) == "False", "the web server knows the owner's address"
    lines = list(trial.processes().values())
    for word in EVERYBODY:
        assert any(word in line for line in lines), (word, lines)
    assert len(trial.named("duban: worker")) == 2
    (loaded,) = trial.named("portal.local.loaded")
    forked = {int(pid) for pid in Path(f"/proc/{loaded}/task/{loaded}/children").read_text().split()}
    assert {*trial.named("gunicorn: master"), *trial.named("duban: worker"), *trial.named("duban: clock")} <= forked
    noted = re.findall(r"^ *[\d.]+ s  (.+)$", (trial.data / "log" / "start.log").read_text(), re.MULTILINE)
    assert noted == [
        "database and Redis answer",
        "the tables are up to date",
        "the portal is loaded",
        "the demonstration has begun",
        "the web server answers",
        "the start is complete",
    ]


def test_a_second_start_keeps_the_data_and_plays_nothing_again(trial: Trial) -> None:
    trial.start()
    while_running = cities(trial)
    trial.end()
    assert cities(trial) == while_running, "with the servers started for this one command"
    trial.start()
    assert "playing the demonstration" not in trial.said()
    assert cities(trial) == while_running
    assert while_running.startswith("(1,")


def test_a_first_start_cut_off_while_it_plays_goes_on_where_it_was(trial: Trial) -> None:
    whole = trial.demo.read_text()
    trial.demo.write_text(whole.replace('from city)")', 'from city)")\n    import time; time.sleep(60)'))
    started = trial.begin()
    until(lambda: "First start" in trial.said() and cities(trial).startswith("(1,"))
    started.kill()
    started.wait()
    until(lambda: not trial.processes())
    trial.demo.write_text(whole)
    trial.start()
    assert "the demonstration goes on where it was" in trial.said()
    assert cities(trial).startswith("(1,")
    trial.end()
    trial.start()
    assert "First start" not in trial.said() and "goes on" not in trial.said()


def test_what_is_left_of_the_demonstration_is_played_behind_the_open_door_and_once(trial: Trial) -> None:
    trial.demo.write_text(trial.demo.read_text() + WAITING)
    trial.start()
    log, door, unfinished = trial.data / "log" / "demonstration.log", trial.data / "open", trial.data / "demonstration.unfinished"
    until(lambda: "waits" in log.read_text())
    assert page(trial) == "False", "people are served meanwhile"
    assert unfinished.read_text() == "finish"
    os.kill(min(trial.named("duban: demonstration")), signal.SIGKILL)
    until(lambda: log.read_text().count("waits") == 2)
    trial.end()
    trial.start()
    assert "goes on where it was" in trial.said() and cities(trial).startswith("(1,")
    until(lambda: log.read_text().count("waits") == 3)
    door.touch()
    until(lambda: not unfinished.exists())
    until(lambda: not trial.named("duban: demonstration"))
    trial.end()
    trial.start()
    assert not trial.named("duban: demonstration")
    assert log.read_text().count("waits") == 3


def test_ctrl_c_leaves_nothing_behind(played: Trial) -> None:
    started = played.start()
    started.send_signal(signal.SIGINT)
    assert started.wait(30) == 0
    assert played.processes() == {}


def test_a_killed_supervisor_leaves_nothing_behind_and_the_next_start_works(played: Trial) -> None:
    started = played.start()
    before = cities(played)
    started.kill()
    started.wait()
    played.start()  # at once: it waits for what is still ending
    assert cities(played) == before
    last = played._running[-1]
    last.kill()
    last.wait()
    until(lambda: not played.processes())


def test_who_starts_it_by_make_takes_it_along_when_killed(played: Trial) -> None:
    script = f"import subprocess, sys; subprocess.run({played.command('run', '--follow-parent')!r})"
    with played.output.open("wb") as output:
        parent = subprocess.Popen(
            [played.command()[0], "-c", script], cwd=played.root, env=played.environment, stdout=output, stderr=output
        )
    until(lambda: "Ctrl-C stops everything" in played.said() or parent.poll() is not None)
    assert played.processes()
    parent.kill()
    parent.wait()
    until(lambda: not played.processes())


def test_what_dies_is_started_again(played: Trial) -> None:
    played.start()
    for word in EVERYBODY:
        victim = min(played.named(word))
        os.kill(victim, signal.SIGKILL)
        until(lambda victim=victim: victim not in played.processes())
    until(lambda: played.said().count("starts again in") >= len(EVERYBODY))
    until(lambda: all(played.named(word) for word in EVERYBODY))
    until(lambda: len(played.named("duban: worker")) == 2)
    until(
        lambda: (
            played.call(
                "with", "python", "-c", "import os, psycopg; psycopg.connect(os.environ['DATABASE_URL'].replace('+psycopg', ''))"
            ).returncode
            == 0
        )
    )
    assert page(played) == "False"


def test_nobody_is_turned_away_while_the_portal_is_loaded_anew(played: Trial) -> None:
    played.start()
    answers: list[str] = []
    stopped = threading.Event()

    def ask() -> None:
        while not stopped.is_set():
            try:
                answers.append(page(played))
            except OSError as fault:
                answers.append(repr(fault))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        until(lambda: len(answers) > 20)
        (victim,) = played.named("portal.local.loaded")
        os.kill(victim, signal.SIGKILL)
        until(lambda: "web ended" in played.said())
        before = len(answers)
        until(lambda: bool(played.named("gunicorn: master")) and len(answers) > before + 20)
    finally:
        stopped.set()
        asking.join()
    assert set(answers) == {"False"}


def test_no_secret_stands_in_the_process_list_nor_in_what_is_printed(trial: Trial) -> None:
    trial.start()
    home = re.search(r"-D (\S+)/data", trial.processes()[min(trial.named("postgres -D"))])
    assert home
    secrets = re.findall(r'"([\w-]{20,})"', (Path(home[1]) / "passwords.json").read_text())
    place = Place(trial.data)
    secrets += [key.read_text().strip() for key in (place.secret_key, place.vault_key)]
    assert len(secrets) == 5
    everything = _command_lines() + trial.said() + "".join(path.read_text() for path in trial.data.glob("log/*.log"))
    assert "duban: clock" in everything
    assert not [secret for secret in secrets if secret in everything]


def test_a_second_start_on_the_same_directory_is_refused(played: Trial) -> None:
    played.start()
    again = played.call("run")
    assert again.returncode == 1
    assert again.stderr.startswith("Another start of the portal already looks after")
    assert page(played) == "False"


def test_a_web_server_that_does_not_start_ends_the_start_and_shows_why(trial: Trial) -> None:
    wsgi = trial.root / "wsgi.py"
    wsgi.write_text(wsgi.read_text() + "\nif os.environ.get('FLASK_RUN_FROM_CLI') != 'true':\n    raise RuntimeError('no ink')\n")
    done = trial.call("run")
    assert done.returncode == 1
    assert "no ink" in done.stderr
    assert trial.processes() == {}


def test_failed_migrations_end_the_start_and_show_why(trial: Trial) -> None:
    wsgi = trial.root / "wsgi.py"
    wsgi.write_text(wsgi.read_text().replace("create table city", "create tabel city"))
    done = trial.call("run")
    assert done.returncode == 1
    assert "The migrations failed" in done.stderr and "tabel" in done.stderr
    assert trial.processes() == {}


def test_a_missing_demonstration_is_said(trial: Trial) -> None:
    trial.told |= {"DUBAN_DEMONSTRATION": "0", "INVOCATION_ID": "as systemd names it"}
    trial.start()
    assert "No demonstration city, as DUBAN_DEMONSTRATION=0 says." in trial.said()
    assert "`deploy/as-service python -m portal.local with flask city create" in trial.said()
    assert "There is no city yet." in trial.said(), "what to do next"


def test_forgetting_asks_first_and_then_leaves_nothing(played: Trial) -> None:
    assert played.call("forget").returncode == 1
    assert cities(played).startswith("(1,")
    assert played.call("forget", "--yes").returncode == 0
    assert not played.data.exists()


def test_a_clone_the_databases_user_cannot_reach_works_as_well(closed_trial: Trial) -> None:
    closed_trial.start()
    assert page(closed_trial) == "False"
    home = re.search(r"-D (\S+)/data", closed_trial.processes()[min(closed_trial.named("postgres -D"))])
    assert home
    assert Path(home[1]).is_relative_to(closed_trial.data) is (os.geteuid() != 0)
    closed_trial.end()
    assert closed_trial.call("forget", "--yes").returncode == 0
    assert not Path(home[1]).exists()
    assert not short_directory(closed_trial.data / "redis").exists()


def _command_lines() -> str:
    """What the process list shows of everybody."""
    found = []
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit():
            with contextlib.suppress(OSError):  # it ended meanwhile
                found.append((directory / "cmdline").read_bytes().decode(errors="replace"))
    return "\n".join(found)
