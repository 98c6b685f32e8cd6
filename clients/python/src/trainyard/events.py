"""The frames of a job or a sweep as server-sent events, each once and in order, across broken connections. Knows no route."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any, Dict, Iterator

from .errors import ApiError, UnreachableError
from .transport import Transport

RETRY_SECONDS = 60.0
"""How long a watch without a connection tries before it raises."""
SILENCE_SECONDS = 45.0
"""The server sends a comment more often than this: a connection that is silent for longer is dead."""
FIRST_DELAY = 0.05
MAX_DELAY = 2.0


def watch_frames(transport: Transport, path: str, after: int, final_states: "frozenset[str]") -> Iterator[Dict[str, Any]]:
    """
    Yields the frames at `path` after a sequence number, up to and including the `end` frame with a final state: another one says
    that the server shuts down. Raises ApiError where the server refuses, and UnreachableError after a minute without a server.
    """
    cursor, delay, last_heard = after, FIRST_DELAY, time.monotonic()
    while True:
        try:
            for frame in _frames_of(transport, path, cursor):
                delay = FIRST_DELAY
                is_end = frame["type"] == "end"
                if is_end and frame["state"] not in final_states:
                    break  # What is watched continues after the restart.
                if not is_end and frame["seq"] <= cursor:
                    continue
                cursor = frame["seq"]
                yield frame
                if is_end:
                    return
            # A server that answers has only closed this connection, however long ago the last frame came.
            last_heard = time.monotonic()
        except ApiError as error:
            if error.status < 500 and error.status not in (408, 429):
                raise
            if time.monotonic() - last_heard > RETRY_SECONDS:
                raise
        except UnreachableError:
            if time.monotonic() - last_heard > RETRY_SECONDS:
                raise
        time.sleep(delay)
        delay = min(delay * 2, MAX_DELAY)


def _frames_of(transport: Transport, path: str, after: int) -> Iterator[Dict[str, Any]]:
    """The frames of one connection, until it closes or falls silent (WHATWG HTML, section 9.2: one `data` line each)."""
    headers = {"accept": "text/event-stream"}
    with transport.stream(path, query={"after": after}, headers=headers, timeout=SILENCE_SECONDS) as response:
        try:
            for line in response:
                if line.startswith(b"data:"):
                    yield json.loads(line[5:])
        except (OSError, http.client.HTTPException, ValueError):
            return  # The next connection goes on after the last whole frame.
