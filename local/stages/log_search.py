"""Searches of the stage's log: GetLogs of Simple Log Service, page by page.

Signed as the functions sign their calls (:mod:`shared.clients.log_signature`): the generic client of the
other calls does not know this service's signature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from local.stages.credentials import Key
from local.stages.endpoints import LOOPBACK
from local.stages.errors import ServiceError
from shared.clients import log_signature
from shared.clients.credentials import Credentials

LINES_A_PAGE = 100
TIMEOUT_SECONDS = (5.0, 30.0)
TRIES = 5
"""A page is asked for so often: an answer may be incomplete, throttled, or not come."""
_AGAIN = ("ReadQuotaExceed", "ServerBusy", "InternalServerError", "RequestTimeout")


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """A line that a function logged, and when, in seconds since the epoch."""

    at: int
    function: str
    text: str


class LogSearch:
    """The Logstore of a stage."""

    def __init__(
        self,
        endpoint: str,
        project: str,
        logstore: str,
        key: Callable[[], Key],
        *,
        now: Callable[[], float],
        sleep: Callable[[float], object],
    ) -> None:
        """Search ``logstore`` of ``project`` at ``endpoint``, the region's URL, as the owner of ``key``."""
        self._endpoint = urlsplit(endpoint)
        self._project, self._path = project, f"/logstores/{logstore}"
        self._key, self._now, self._sleep = key, now, sleep
        self._session = requests.Session()
        self._session.trust_env = False

    def lines(self, statement: str, since: int, until: int) -> Iterator[LogLine]:
        """Yield what ``statement`` finds from ``since`` on and before ``until``, in seconds, oldest first.

        Raises:
            ServiceError: Simple Log Service refuses, or did not answer :data:`TRIES` times.
        """
        offset = 0
        while True:
            page = self._page(
                {"query": statement, "from": str(since), "to": str(until), "offset": str(offset)}
            )
            for entry in page:
                yield LogLine(
                    at=int(entry.get("__time__", 0)),
                    function=entry.get("functionName", ""),
                    text=entry.get("message", ""),
                )
            if len(page) < LINES_A_PAGE:
                return
            offset += len(page)

    def _page(self, asked: Mapping[str, str]) -> list[dict[str, str]]:
        query = {"type": "log", "line": str(LINES_A_PAGE), "reverse": "false", **asked}
        failure: ServiceError | None
        for number in range(1, TRIES + 1):
            try:
                answer = self._get(query)
            except requests.RequestException as problem:
                failure = ServiceError("Simple Log Service", "NoAnswer", type(problem).__name__)
            else:
                if answer.status_code == requests.codes.ok:
                    # "GetLogs": an incomplete answer is to be asked for again.
                    if answer.headers.get("x-log-progress", "Complete") == "Complete" or number == TRIES:
                        return _entries(answer)
                    failure = None
                else:
                    failure = _refusal(answer)
            if failure is not None and (number == TRIES or not _is_worth_another(failure)):
                raise failure
            self._sleep(min(8.0, 0.5 * 2**number))
        raise AssertionError("the last try returns or raises")

    def _get(self, query: Mapping[str, str]) -> requests.Response:
        # The project is the first label of the host; the local cloud has one address for all of them.
        host = f"{self._project}.{self._endpoint.netloc}"
        is_local = self._endpoint.hostname in LOOPBACK
        address = self._endpoint.netloc if is_local else host
        headers = {"Host": host, **signed_headers("GET", self._path, query, self._key(), self._now())}
        return self._session.get(
            f"{self._endpoint.scheme}://{address}{self._path}",
            params=dict(query),
            headers=headers,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )


def signed_headers(method: str, path: str, query: Mapping[str, str], key: Key, now: float) -> dict[str, str]:
    """Return the headers of a request without a body, signed as the functions sign theirs."""
    credentials = Credentials(
        access_key_id=key.access_key_id,
        access_key_secret=key.access_key_secret,
        security_token=key.token,
    )
    return log_signature.signed_headers(method, path, query, credentials, now)


def _entries(answer: requests.Response) -> list[dict[str, str]]:
    try:
        document = answer.json()
    except ValueError:
        document = None
    if not isinstance(document, list):
        raise ServiceError("Simple Log Service", "InvalidAnswer", "the answer is no list of entries")
    return [entry for entry in document if isinstance(entry, dict)]


def _refusal(answer: requests.Response) -> ServiceError:
    try:
        document = answer.json()
    except ValueError:
        document = None
    told = document if isinstance(document, dict) else {}
    return ServiceError(
        "Simple Log Service",
        str(told.get("errorCode") or answer.status_code),
        str(told.get("errorMessage") or "no reason was given"),
        http_status=answer.status_code,
        request_id=answer.headers.get("x-log-requestid", ""),
    )


def _is_worth_another(failure: ServiceError) -> bool:
    return failure.code in (*_AGAIN, "NoAnswer") or failure.http_status >= 500
