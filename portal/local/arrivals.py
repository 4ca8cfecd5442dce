"""Gunicorn's worker of threads, for which nobody who is slow to ask, or to read, holds one: what is to be answered arrives first.

As it comes, a thread reads a request's head as slowly as it is sent: sixteen strangers who send half a head, or a form byte by
byte, stop a portal of sixteen threads. Here the head, and the form with it as far as it is small, are waited for beside all
others, without a thread, and not for long; of larger bodies, and until a large answer is taken, a thread waits for only so long,
and never all of them.
"""

from __future__ import annotations

import errno
import re
import select
import socket
import threading
import time
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_WITHIN = 10.0
"""Seconds for a head and the first piece of its body."""
FIRST_PIECE = 16 * 1024  # of a body, which arrives before a thread is taken: nearly every form
MOST_AHEAD = 64 * 1024 + FIRST_PIECE
BODY_WITHIN, LEAST_A_SECOND = 15.0, 16 * 1024
"""Of a larger body, or answer, a thread waits for so many seconds in all, and one more for each of so many octets that went."""
HURRIED = 0.25
"""So long in all where half of the threads wait for bodies already."""
SILENCE = 15.0
"""The longest pause in what is read or written."""
LINGER = 2.0
LOOK_AGAIN = 0.05

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_ASKS_FIRST = re.compile(rb"\r\nexpect:", re.IGNORECASE)


def has_arrived(seen: bytes) -> bool:
    """Whether a thread has something to do: the whole head is there, and of the body the first piece."""
    end = seen.find(b"\r\n\r\n")
    if end < 0:
        return len(seen) >= MOST_AHEAD - FIRST_PIECE  # longer than any head: to be refused
    head = seen[: end + 2]
    said = _LENGTH.search(head)
    if said is None or _ASKS_FIRST.search(head):
        return True
    return len(seen) - end - 4 >= min(int(said[1]), FIRST_PIECE)


class _Waiting:
    """How many threads of this process wait for a body, or until an answer is taken."""

    def __init__(self) -> None:
        self.lock, self.count = threading.Lock(), 0


_waiting = _Waiting()


class _Patient:
    """A connection of which a thread reads, or to which it writes, with an end to its patience."""

    def __init__(self, sock: socket.socket, threads: int) -> None:
        self.sock, self.most = sock, max(1, threads // 2)
        self.waited, self.went = 0.0, 0

    def recv(self, size: int) -> bytes:
        if not select.select([self.sock], [], [], 0)[0]:
            self._wait([self.sock], [], "a body that does not arrive")
        data = self.sock.recv(size)
        self.went += len(data)
        return data

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            if not select.select([], [self.sock], [], 0)[1]:
                try:
                    self._wait([], [self.sock], "an answer that is not taken")
                except TimeoutError as end:  # as if he had gone, which nobody need hear of
                    raise ConnectionResetError(errno.ECONNRESET, str(end)) from None
            sent = self.sock.send(rest)
            self.went += sent
            rest = rest[sent:]

    def _wait(self, to_read: list[socket.socket], to_write: list[socket.socket], what: str) -> None:
        left = BODY_WITHIN + self.went / LEAST_A_SECOND - self.waited
        with _waiting.lock:
            if _waiting.count >= self.most:
                left = HURRIED - self.waited
            if left <= 0:
                raise TimeoutError(what)
            _waiting.count += 1
        began = time.monotonic()
        try:
            ready = any(select.select(to_read, to_write, [], min(left, SILENCE)))
        finally:
            with _waiting.lock:
                _waiting.count -= 1
        self.waited += time.monotonic() - began
        if not ready:
            raise TimeoutError(what)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)


class _Connection(TConn):  # type: ignore[misc]
    """Gunicorn's connection, read with patience that ends."""

    arrives_by = leaves_by = 0.0

    def __init__(self, *args: Any, leaving: list[_Connection]) -> None:
        super().__init__(*args)
        self.leaving = leaving

    def init(self) -> None:
        super().init()  # nothing, where a connection is asked again
        self.sock.settimeout(SILENCE)
        if not self.is_http2:
            self.parser.unreader.sock = _Patient(self.sock, self.cfg.threads)  # anew for each request

    def close(self, graceful: bool = False) -> None:
        """As gunicorn does, but what is still sent is waited for beside all others too, not by the one who lets people in."""
        if not graceful:
            super().close()
            return
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            super().close()
            return
        self.sock.setblocking(False)  # with a time-out, Python waits before it asks, whatever the flags
        self.leaves_by = time.monotonic() + LINGER
        self.leaving.append(self)

    def has_left(self) -> bool:
        """Whether nothing more is sent, so that what was answered has been read."""
        try:
            return not self.sock.recv(MOST_AHEAD)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def arrived(self) -> bool:
        """Whether what came so far is enough; also where nothing more will come, which a thread finds out at once."""
        try:
            seen = self.sock.recv(MOST_AHEAD, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return not seen or has_arrived(seen)


class ArrivalsWorker(ThreadWorker):  # type: ignore[misc]
    """`arriving` are the connections whose request is not there yet, `leaving` those that are answered for the last time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arriving: list[_Connection] = []
        self.leaving: list[_Connection] = []

    def accept(self, listener: socket.socket) -> None:
        """As gunicorn does, but what is asked arrives before a thread is taken."""
        try:
            sock, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        self._await(_Connection(self.cfg, sock, client, listener.getsockname(), leaving=self.leaving))

    def on_client_socket_readable(self, conn: _Connection, client: socket.socket) -> None:
        """The next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await(conn)

    def handle_request(self, req: Any, conn: _Connection) -> bool:
        """As gunicorn does, but what is answered is written with patience that ends."""
        plain, conn.sock = conn.sock, _Patient(conn.sock, self.cfg.threads)
        try:
            return bool(super().handle_request(req, conn))
        finally:
            conn.sock = plain

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Look, between the events, after what is still arriving."""
        super().wait_for_and_dispatch_events(min(timeout, LOOK_AGAIN) if self.arriving or self.leaving else timeout)
        now = time.monotonic()
        still = []
        for conn in self.arriving:
            if conn.arrived():
                self._take(conn)
            elif now >= conn.arrives_by:
                self.nr_conns -= 1
                conn.close()
            else:
                still.append(conn)
        self.arriving = still
        for conn in [one for one in self.leaving if one.has_left() or now >= one.leaves_by]:
            self.leaving.remove(conn)
            conn.close()

    def _await(self, conn: _Connection) -> None:
        conn.sock.setblocking(False)
        conn.arrives_by = time.monotonic() + HEAD_WITHIN
        if conn.arrived():
            self._take(conn)
        else:
            self.arriving.append(conn)

    def _take(self, conn: _Connection) -> None:
        conn.data_ready = True  # or it would be looked at once more, in a thread
        self.enqueue_req(conn)
