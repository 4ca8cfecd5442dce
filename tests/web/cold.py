"""Processes that have served nothing yet: `python -m tests.web.cold`.

Reads from its input which pages each process is asked for. It loads the portal as the supervisor's process does, and is forked
for each: there as many threads as are let in ask for the same page at the same instant, then one alone. Before them a process
is asked for every page, one after the other. Prints the answers to each page, each answer once.
"""

from __future__ import annotations

import json
import multiprocessing
import re
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import CodeType, FrameType

from flask import Flask
from sqlalchemy import select

import portal
from portal.web.room import ALL

Page = tuple[str, str]  # the cookies of whoever asks, and the address
Answer = tuple[int, str]
Answers = dict[Page, set[Answer]]
OF_ONE_ANSWER = re.compile(r'nonce="[^"]+"|"[\w.~-]{40,}"|key=[\w-]{36}|\d\d:\d\d(?=</text>| 打印)')  # the last: minutes of now

PORTAL = str(Path(portal.__file__).parent)
HURRIED = 1e-5  # seconds after which it is another thread's turn: Python's own are 500 times as long
ALONE = 0.1  # seconds after which the others will not come


def ask(app: Flask, page: Page) -> Answer:
    """One request, as a browser makes it; of its answer what another request is to be answered too."""
    cookies, address = page
    answer = app.test_client(use_cookies=False).get(address, headers={"Cookie": cookies}, follow_redirects=True)
    return answer.status_code, OF_ONE_ANSWER.sub("", answer.get_data(as_text=True))


class Together:
    """Keeps threads together that do the same: where one comes for the first time to a function that may make a statement, it
    waits for the others. Requests that only begin together are far apart by then, and what one makes for all is made."""

    def __init__(self, threads: int) -> None:
        self.threads, self.gates, self.here = threads, dict[CodeType, threading.Barrier](), threading.local()

    def trace(self, frame: FrameType, _event: str, _more: object) -> None:
        """What a thread does at each call."""
        code = frame.f_code
        if code.co_filename.startswith(PORTAL) and frame.f_globals.get("select") is select:
            passed = self.here.__dict__.setdefault("passed", set())
            if code not in passed:
                passed.add(code)
                with suppress(threading.BrokenBarrierError):
                    self.gates.setdefault(code, threading.Barrier(self.threads)).wait(ALONE)


def ask_quietly(app: Flask, pages: list[Page]) -> Answers:
    """One request after the other."""
    return {page: {ask(app, page)} for page in pages}


def ask_together(app: Flask, pages: list[Page]) -> Answers:
    """Each page by all threads, then all pages once more, quietly."""
    sys.setswitchinterval(HURRIED)
    threading.settrace(Together(ALL).trace)
    with ThreadPoolExecutor(ALL) as threads:
        answers = {page: set(threads.map(ask, [app] * ALL, [page] * ALL)) for page in pages}
    return {page: answers[page] | later for page, later in ask_quietly(app, pages).items()}


def forked(serve: Callable[[Flask, list[Page]], Answers], app: Flask, pages: list[Page]) -> Answers:
    """What a process answers that has been forked for this."""

    def live(told: Connection) -> None:
        told.send(serve(app, pages))

    forking = multiprocessing.get_context("fork")
    here, there = forking.Pipe(duplex=False)
    process = forking.Process(target=live, args=(there,))
    process.start()
    there.close()
    answers: Answers = here.recv()
    process.join()
    return answers


def main(processes: Iterable[list[Page]]) -> list[tuple[str, list[Answer]]]:
    """The answers of all these processes, and of the quiet one."""
    from wsgi import app  # the portal, loaded as it is before it serves

    given = forked(ask_quietly, app, list({page: None for pages in processes for page in pages}))
    for pages in processes:
        for page, answers in forked(ask_together, app, pages).items():
            given[page] |= answers
    return [(address, sorted(answers)) for (_cookies, address), answers in given.items()]


if __name__ == "__main__":
    json.dump(main([[(cookies, address) for cookies, address in pages] for pages in json.load(sys.stdin)]), sys.stdout)
