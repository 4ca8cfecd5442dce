"""A reader of strangers' files can harm nothing but itself."""

import pytest

from portal.kernel.confined import Unreadable, run_confined


@pytest.fixture
def script(tmp_path):
    def write(code):
        path = tmp_path / "script.py"
        path.write_text("import json, sys\n" + code, encoding="utf-8")
        return path

    return write


def test_it_reads_the_data_and_answers_in_json(script):
    code = 'print(json.dumps([sys.stdin.buffer.read().decode(), sys.argv[1:], "portal" in sys.modules]))'
    assert run_confined(script(code), "批示".encode(), "甲", "2") == ["批示", ["甲", "2"], False]


def test_it_knows_nothing_of_its_surroundings(script, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    assert run_confined(script("import os; print(json.dumps('DATABASE_URL' in os.environ))"), b"") is False


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("x = bytearray(600 * 1024 * 1024)", "failed"),
        ("while True: pass", "limit"),
        ("import os; os.abort()", "limit"),
        ("raise ValueError", "failed"),
        ("print('no JSON')", "failed"),
        ("print(json.dumps({'refused': 'password'}))", "password"),
    ],
)
def test_whatever_goes_wrong_is_one_answer(script, code, reason):
    with pytest.raises(Unreadable) as refused:
        run_confined(script(code), b"x" * 1_000_000, seconds=1)
    assert refused.value.reason == reason


def test_one_that_sleeps_is_ended(script):
    with pytest.raises(Unreadable, match="limit"):
        run_confined(script("import time; time.sleep(60)"), b"", seconds=1)


def test_it_writes_no_file(script, tmp_path):
    target = tmp_path / "made"
    code = f"import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nopen({str(target)!r}, 'w').write('x')"
    with pytest.raises(Unreadable, match="failed"):
        run_confined(script(code), b"")
    assert target.read_bytes() == b""
