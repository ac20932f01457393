"""A Logstore of Simple Log Service: puts entries into it, and searches it. :mod:`shared.assembly` makes it.

Both calls may be repeated: a search changes nothing, and whoever puts an entry twice has to be able to tell.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests

from shared.clients.answers import said
from shared.clients.credentials import Credentials
from shared.clients.log_group import Entry, log_group
from shared.clients.log_signature import signed_headers
from shared.clients.retries import Retries
from shared.errors import RetryLater, Trouble

TIMEOUT_SECONDS = (1, 3)
NO_TRY_AFTER_SECONDS = 3
BUSY_DELAY_SECONDS = 1
REFUSED_DELAY_SECONDS = 60
"""A refusal stays until somebody changes something: it is for a later run."""
LONGEST_MESSAGE = 200
_BUSY = frozenset(
    {
        *("WriteQuotaExceed", "ReadQuotaExceed", "ShardWriteQuotaExceed", "ShardReadQuotaExceed"),
        *("ServerBusy", "InternalServerError", "RequestTimeout", "ExceedQuota"),
    }
)
"""Simple Log Service, "Common error codes": to be asked again."""


class LogStore:
    """The Logstore ``name`` of ``project`` at ``endpoint``, the region's URL.

    Every method raises :class:`shared.errors.RetryLater`, whose code is the service's own.
    """

    def __init__(
        self,
        endpoint: str,
        project: str,
        name: str,
        credentials: Credentials,
        *,
        session: requests.Session | None = None,
        retries: Retries | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._address, self._host = _address(endpoint, project)
        self._path = f"/logstores/{name}"
        self._credentials = credentials
        self._session = session or requests.Session()
        self._retries = retries or Retries()
        self._now = now

    def put(self, entries: Sequence[Entry], topic: str) -> None:
        """Append ``entries``, all or none. Where no answer comes they may be there, and there twice."""
        body = log_group(entries, topic)
        self._retries.call(
            lambda: self._send("POST", f"{self._path}/shards/lb", {}, body),
            within_seconds=NO_TRY_AFTER_SECONDS,
        )

    def search(
        self, statement: str, *, since: int, until: int, offset: int, count: int
    ) -> list[dict[str, str]]:
        """Return ``count`` entries (100 at most) behind ``offset``, newest first, of a span in seconds."""
        query = {"type": "log", "query": statement, "from": str(since), "to": str(until)}
        query |= {"line": str(count), "offset": str(offset), "reverse": "true"}

        def read() -> list[dict[str, str]]:
            answer = self._send("GET", self._path, query)
            # "GetLogs": an incomplete answer is to be asked for again.
            if answer.headers.get("x-log-progress", "Complete") != "Complete":
                raise _later("incomplete_answer", "the index is not through", BUSY_DELAY_SECONDS)
            return _entries(answer)

        return self._retries.call(read, within_seconds=NO_TRY_AFTER_SECONDS)

    def _send(self, method: str, path: str, query: Mapping[str, str], body: bytes = b"") -> requests.Response:
        headers = signed_headers(method, path, query, self._credentials, self._now(), body)
        try:
            answer = self._session.request(
                method,
                self._address + path,
                params=dict(query),
                data=body or None,
                headers={"Host": self._host, **headers},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.exceptions.RequestException as error:
            # Its text may hold the address with everything that was asked for.
            raise _later("no_answer", type(error).__name__, BUSY_DELAY_SECONDS) from None
        if answer.status_code != requests.codes.ok:
            raise _refusal(answer)
        return answer


def _address(endpoint: str, project: str) -> tuple[str, str]:
    """Return the URL to connect to and the name of the host: the project's name stands before the region's.

    An IP address has no names before it: there the project stands in the header alone, as the official
    clients have it.
    """
    parts = urlsplit(endpoint)
    host = f"{project}.{parts.netloc}"
    try:
        ip_address(parts.hostname or "")
    except ValueError:
        return f"{parts.scheme}://{host}", host
    return f"{parts.scheme}://{parts.netloc}", host


def _entries(answer: requests.Response) -> list[dict[str, str]]:
    document = _json(answer)
    if not isinstance(document, list):
        raise _later("unreadable_answer", "the answer is no list of entries", BUSY_DELAY_SECONDS)
    found = [entry for entry in document if isinstance(entry, dict)]
    return [{str(name): str(text) for name, text in entry.items()} for entry in found]


def _refusal(answer: requests.Response) -> Trouble:
    document = _json(answer)
    told = document if isinstance(document, dict) else {}
    code = str(told.get("errorCode") or f"http_{answer.status_code}")
    is_busy = code in _BUSY or answer.status_code >= 500
    delay = BUSY_DELAY_SECONDS if is_busy else REFUSED_DELAY_SECONDS
    return _later(code, str(told.get("errorMessage") or "no reason was given"), delay)


def _json(answer: requests.Response) -> object:
    try:
        document: object = answer.json()
    except (ValueError, RecursionError):
        return None
    return document


def _later(code: str, message: str, delay_seconds: int) -> RetryLater:
    text = f"Simple Log Service: {said(message, LONGEST_MESSAGE)}"
    return RetryLater(said(code, LONGEST_MESSAGE), text, delay_seconds=delay_seconds)
