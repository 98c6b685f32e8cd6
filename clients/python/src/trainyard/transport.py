"""Sends requests: addresses, the key, bodies, and retries. Knows no route."""

from __future__ import annotations

import http.client
import ipaddress
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, TypeVar, Union

from ._version import __version__
from .errors import ApiError, UnreachableError, api_error

Result = TypeVar("Result")
Body = Union[bytes, Callable[[], Iterable[bytes]]]
"""Bytes, or a function that returns the pieces of a body from its start, called once for each try."""

TRIES = 5
"""Maximum tries of a request that may be repeated."""
FIRST_DELAY = 0.1
MAX_DELAY = 60.0
"""Longest wait before the next try, in seconds, however long the server asks for."""
RETRIED_STATUSES = frozenset([429, 502, 503, 504])
LARGE_BODY = 1024 * 1024
"""A body of more bytes, or of pieces, is not sent again when the connection broke over it: it was most likely refused."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would take the key to wherever it points: it is an error instead."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _EarlyAnswer:
    """A connection that reads the answer of a server that has not waited for the end of the request: why it was refused."""

    _broken: Optional[ConnectionError] = None
    sock: Any

    def request(self, *args: Any, **options: Any) -> None:
        try:
            super().request(*args, **options)  # type: ignore[misc]
        except ConnectionError as error:
            if self.sock is None:
                raise  # It never was connected.
            self._broken = error

    def getresponse(self) -> Any:
        try:
            return super().getresponse()  # type: ignore[misc]
        except (OSError, http.client.HTTPException):
            if self._broken is None:
                raise
            raise _BrokenSend(*self._broken.args) from self._broken


class _BrokenSend(ConnectionError):
    """The connection broke before the whole request was sent, and there is no answer."""


class _EarlyAnswers:
    def do_open(self, http_class: Any, req: Any, **options: Any) -> Any:
        connection = type(http_class.__name__, (_EarlyAnswer, http_class), {})
        return super().do_open(connection, req, **options)  # type: ignore[misc]


class _HTTPHandler(_EarlyAnswers, urllib.request.HTTPHandler):
    pass


def _handlers(host: str) -> List[urllib.request.BaseHandler]:
    handlers: List[urllib.request.BaseHandler] = [_NoRedirects(), _HTTPHandler()]
    if hasattr(urllib.request, "HTTPSHandler"):  # A Python may be built without TLS.
        handlers.append(type("_HTTPSHandler", (_EarlyAnswers, urllib.request.HTTPSHandler), {})())
    if _is_loopback(host):
        handlers.append(urllib.request.ProxyHandler({}))
    return handlers


def _is_loopback(host: str) -> bool:
    """Whether a host is this machine, whose requests must not go through a proxy, because of their key."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
        self._opener = urllib.request.build_opener(*_handlers(parts.hostname or ""))

    def stream(
        self,
        path: str,
        *,
        query: Optional[Mapping[str, Any]] = None,
        headers: Optional[Mapping[str, str]] = None,
        timeout: Optional[float] = None,
    ) -> http.client.HTTPResponse:
        """Sends a GET and returns its answer, the body unread; tries again until an answer begins. Raises as `read` does."""
        return self._try(lambda: self._send("GET", path, None, query, headers, timeout or self.timeout), None, True)

    def read(
        self,
        method: str,
        path: str,
        body: Optional[Body] = None,
        *,
        query: Optional[Mapping[str, Any]] = None,
        headers: Optional[Mapping[str, str]] = None,
        repeatable: bool = False,
    ) -> bytes:
        """
        Sends a request and returns the whole body of its answer. With `repeatable`, sends it again, with growing waits, while the
        connection fails or the server is too busy: say so only where a second request changes nothing that the first has not.
        Raises ApiError, or UnreachableError.
        """

        def attempt() -> bytes:
            with self._send(method, path, body, query, headers, self.timeout) as response:
                try:
                    return response.read()
                except (OSError, http.client.HTTPException) as error:
                    raise UnreachableError(self.url, error) from error

        return self._try(attempt, body, repeatable)

    def _try(self, attempt: Callable[[], Result], body: Optional[Body], repeatable: bool) -> Result:
        is_large = callable(body) or (body is not None and len(body) > LARGE_BODY)
        for tried in range(TRIES):
            try:
                return attempt()
            except (ApiError, UnreachableError) as error:
                delay = _delay_before_next(error, tried)
                is_refusal = is_large and isinstance(error, UnreachableError) and error.was_sending
                if not repeatable or is_refusal or delay is None or tried == TRIES - 1:
                    raise
            time.sleep(delay)
        raise AssertionError("the last try returns or raises")

    def _send(
        self,
        method: str,
        path: str,
        body: Optional[Body],
        query: Optional[Mapping[str, Any]],
        headers: Optional[Mapping[str, str]],
        timeout: float,
    ) -> http.client.HTTPResponse:
        address = self.url + "/" + path + query_text(query)
        data = body() if callable(body) else body
        request = urllib.request.Request(address, data=data, method=method, headers={**self._headers, **(headers or {})})
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
            raise UnreachableError(self.url, error, isinstance(error, _BrokenSend)) from error

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
    """Returns a query with its `?`, or nothing, of what `field_texts` takes."""
    given = field_texts(query or {})
    return "?" + urllib.parse.urlencode(given) if given else ""


def field_texts(fields: Mapping[str, Any]) -> Dict[str, str]:
    """Returns fields as texts. Lists and dicts are JSON; what is None is left out."""
    given: Dict[str, str] = {}
    for name, value in fields.items():
        if isinstance(value, bool):
            given[name] = "true" if value else "false"
        elif isinstance(value, (list, tuple, dict)):
            given[name] = json.dumps(value)
        elif value is not None:
            given[name] = str(value)
    return given


def pieces_of(body: Body) -> Iterable[bytes]:
    """Returns the pieces of a body, from its start on."""
    return body() if callable(body) else [body]
