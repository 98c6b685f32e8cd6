"""How requests travel: addresses, the key, bodies, and tries after a failure. Knows no route."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import IO, Any, Dict, Mapping, Optional, Union

from ._version import __version__
from .errors import ApiError, UnreachableError, api_error

Body = Union[bytes, IO[bytes]]

TRIES = 5
"""How often a request that may be repeated is sent at most."""
FIRST_DELAY = 0.1
MAX_DELAY = 60.0
"""Longest wait before the next try, in seconds, however long the server asks for."""
RETRIED_STATUSES = frozenset([429, 502, 503, 504])


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would take the key to wherever it points: it is an error instead."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Transport:
    """Requests to one server. Paths are relative to its address: `v1/jobs`."""

    def __init__(self, url: str, key: Optional[str], timeout: float) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(f"the server's address must be like http://localhost:8080, not {url!r}")
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._headers = {"user-agent": f"trainyard-python/{__version__}"}
        if key:
            self._headers["authorization"] = f"Bearer {key}"
        self._opener = urllib.request.build_opener(_NoRedirects())

    def send(
        self,
        method: str,
        path: str,
        body: Optional[Body] = None,
        *,
        query: Optional[Mapping[str, Any]] = None,
        headers: Optional[Mapping[str, str]] = None,
        repeatable: bool = False,
        timeout: Optional[float] = None,
    ) -> http.client.HTTPResponse:
        """
        Sends a request and returns its answer, the body unread. With `repeatable`, sends it again, with growing waits, while the
        connection fails or the server is too busy: say so only where a second request changes nothing that the first has not.
        Raises ApiError, or UnreachableError.
        """
        start = body.tell() if body is not None and not isinstance(body, bytes) else 0
        for attempt in range(TRIES):
            if body is not None and not isinstance(body, bytes):
                body.seek(start)
            try:
                return self._send_once(method, path, body, query, headers, timeout or self.timeout)
            except (ApiError, UnreachableError) as error:
                delay = _delay_before_next(error, attempt)
                if not repeatable or delay is None or attempt == TRIES - 1:
                    raise
            time.sleep(delay)
        raise AssertionError("the last try returns or raises")

    def _send_once(
        self,
        method: str,
        path: str,
        body: Optional[Body],
        query: Optional[Mapping[str, Any]],
        headers: Optional[Mapping[str, str]],
        timeout: float,
    ) -> http.client.HTTPResponse:
        address = self.url + "/" + path + query_text(query)
        request = urllib.request.Request(address, data=body, method=method, headers={**self._headers, **(headers or {})})
        try:
            answer: http.client.HTTPResponse = self._opener.open(request, timeout=timeout)
            return answer
        except urllib.error.HTTPError as error:
            with error:
                answered = {name.lower(): value for name, value in error.headers.items()}
                raise api_error(error.code, str(error.reason), answered, _read_all(error)) from None
        except urllib.error.URLError as error:
            raise UnreachableError(self.url, error.reason) from error
        except (OSError, http.client.HTTPException) as error:
            raise UnreachableError(self.url, error) from error

    def read(self, method: str, path: str, body: Optional[Body] = None, **options: Any) -> bytes:
        """Sends a request as `send` does and returns the whole body of its answer."""
        with self.send(method, path, body, **options) as response:
            try:
                return response.read()
            except (OSError, http.client.HTTPException) as error:
                raise UnreachableError(self.url, error) from error

    def get(self, path: str, **query: Any) -> Any:
        """Returns the JSON of a GET."""
        return json.loads(self.read("GET", path, query=query, repeatable=True))

    def call(self, method: str, path: str, value: Any = None, **options: Any) -> Any:
        """Sends `value` as JSON and returns the JSON of the answer; None where there is none."""
        body = None if value is None else to_json(value)
        headers = {**({} if body is None else {"content-type": "application/json"}), **options.pop("headers", {})}
        answer = self.read(method, path, body, headers=headers, **options)
        return json.loads(answer) if answer else None


def _read_all(error: urllib.error.HTTPError) -> bytes:
    try:
        return error.read()
    except (OSError, http.client.HTTPException):
        return b""


def _delay_before_next(error: Exception, attempt: int) -> Optional[float]:
    """Seconds to wait before the next try; None where another try would not change the answer."""
    backoff: float = FIRST_DELAY * 2.0**attempt
    if isinstance(error, UnreachableError):
        return backoff
    assert isinstance(error, ApiError)
    # A request with an idempotency key that is still running is answered with 409, and asks to come back.
    if error.status not in RETRIED_STATUSES and not (error.status == 409 and error.retry_after is not None):
        return None
    return min(max(backoff, error.retry_after or 0.0), MAX_DELAY)


def to_json(value: Any) -> bytes:
    """Returns JSON in UTF-8. Raises ValueError for NaN and infinities, which JSON has not."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False).encode()


def segment(text: str) -> str:
    """Returns any text as one segment of a path."""
    return urllib.parse.quote(text, safe="@")


def query_text(query: Optional[Mapping[str, Any]]) -> str:
    """Returns a query with its `?`, or nothing. Lists and dicts are JSON; what is None is left out."""
    given: Dict[str, str] = {}
    for name, value in (query or {}).items():
        if isinstance(value, bool):
            given[name] = "true" if value else "false"
        elif isinstance(value, (list, tuple, dict)):
            given[name] = json.dumps(value)
        elif value is not None:
            given[name] = str(value)
    return "?" + urllib.parse.urlencode(given) if given else ""
