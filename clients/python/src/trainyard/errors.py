"""The errors of the client: a refusal, no answer, and work that did not succeed. Knows no route."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

MAX_DETAIL = 200
"""Longest text to show of an answer that is not a problem document, in characters."""


class TrainyardError(Exception):
    """Base class of the errors that this package raises about a server."""


class FieldError(NamedTuple):
    """One field of a request that is wrong."""

    pointer: str
    """JSON pointer (RFC 6901) into the body."""
    detail: str
    """What is wrong, and the cure."""


class ApiError(TrainyardError):
    """The server answered with a problem (RFC 9457). The message names every field that is wrong, with its cure."""

    def __init__(self, problem: Mapping[str, Any], retry_after: Optional[float] = None) -> None:
        self.problem: Dict[str, Any] = dict(problem)
        self.status: int = problem["status"]
        """The HTTP status, 400 to 599."""
        self.code: str = problem.get("code", "unknown")
        """One of the API's error codes; `unknown` if the answer came from something other than the server."""
        self.detail: str = problem["detail"]
        self.errors: List[FieldError] = [FieldError(e["pointer"], e["detail"]) for e in problem.get("errors") or []]
        self.retry_after = retry_after
        """Seconds that the server asks to wait before the next try; None when it does not."""
        super().__init__(self._message())

    def __reduce__(self) -> Any:
        return type(self), (self.problem, self.retry_after)

    def _message(self) -> str:
        # `detail` repeats the first error.
        if not self.errors:
            return f"{self.status} {self.code}: {self.detail}"
        lines = [f"{pointer or 'the body'}: {detail}" for pointer, detail in self.errors]
        return "\n  ".join([f"{self.status} {self.code}", *lines])


class InvalidRequestError(ApiError, ValueError):
    """The request is wrong (400, 413, 415 or 422): `errors` says where, and what to write instead."""


class NotFoundError(ApiError, LookupError):
    """There is no such job, model, data set or route (404)."""


class AccessError(ApiError, PermissionError):
    """The key is missing, unknown, or may not do this (401 or 403)."""


class UnreachableError(TrainyardError, ConnectionError):
    """No server answers at the address, or the connection broke before the answer."""

    def __init__(self, url: str, reason: object, was_sending: bool = False) -> None:
        self.url = url
        self.reason = str(reason)
        self.was_sending = was_sending
        """Whether a connection broke before the whole request was sent."""
        what = f"no server answers at {url}"
        cure = "start one with `npx trainyard serve`, or name its address in TRAINYARD_URL"
        if was_sending:
            what = f"the connection to {url} broke while the request was sent"
            cure = "it may be too large for the server (TRAINYARD_MAX_DATASET_BYTES) or a proxy, the key wrong, or the server stopped"
        super().__init__(f"{what} ({self.reason}): {cure}")

    def __reduce__(self) -> Any:
        return type(self), (self.url, self.reason, self.was_sending)


class NotSucceededError(TrainyardError):
    """A job or sweep ended without a model. `work` is the job or sweep as it is now."""

    def __init__(self, work: Mapping[str, Any]) -> None:
        self.work: Dict[str, Any] = dict(work)
        error = work.get("error")
        reason = error.get("message") or error.get("detail") if isinstance(error, dict) else error
        super().__init__(f"{work['id']} {work['state']}" + (f": {reason}" if reason else ""))

    def __reduce__(self) -> Any:
        return type(self), (self.work,)


_CLASS_OF_STATUS = {
    **dict.fromkeys([400, 413, 415, 422], InvalidRequestError),
    **dict.fromkeys([401, 403], AccessError),
    404: NotFoundError,
}


def api_error(status: int, reason: str, headers: Mapping[str, str], body: bytes) -> ApiError:
    """Returns the error of an unsuccessful answer. The names of `headers` are in lower case."""
    problem: Any = None
    if headers.get("content-type", "").startswith("application/problem+json"):
        try:
            problem = json.loads(body)
        except ValueError:
            pass  # The answer broke off: what came of it is shown as text.
    if not isinstance(problem, dict) or "detail" not in problem or "status" not in problem:
        text = body.decode("utf-8", "replace").strip()[:MAX_DETAIL]
        problem = {"status": status, "code": "unknown", "title": reason, "detail": text or reason or f"status {status}"}
    try:
        retry_after: Optional[float] = float(headers.get("retry-after", ""))
    except ValueError:
        retry_after = None
    return _CLASS_OF_STATUS.get(status, ApiError)(problem, retry_after)
