"""Requests to DashScope, and what their answers mean; used by ``dashscope`` and ``dashscope_portraits``.

What creates something that is paid for is sent once, on a connection of its own (a kept-alive one may be dead
already, and then the outcome is unknown), and doubt about its answer is doubt about it. Only reads are tried
again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import requests

from shared.clients.answers import UNREADABLE_DELAY_SECONDS
from shared.clients.dashscope_answers import UnreadableAnswer, silence, trouble_from, trouble_of_create
from shared.clients.retries import Retries
from shared.domain.trouble_kinds import Api
from shared.errors import OutcomeUnknown, RetryLater

TIMEOUT_SECONDS = (5, 20)
NO_TRY_AFTER_SECONDS = 6
LOST_DELAY_SECONDS = 2

_T = TypeVar("_T")


class DashScopeHttp:
    """One account's DashScope at ``base_url`` (ending in ``/api/v1``), as requests and JSON."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        new_session: Callable[[], requests.Session] = requests.Session,
        retries: Retries | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._authorization = {"Authorization": f"Bearer {api_key}"}
        self._new_session = new_session
        self._session = new_session()
        self.retries = retries or Retries()

    def new_session(self) -> requests.Session:
        """Return a connection of its own, which knows no key."""
        return self._new_session()

    def read(self, path: str, query: Mapping[str, object] | None = None, api: Api = Api.TRAINING) -> Any:
        """Return the JSON of a GET, which is tried again."""
        return self.retries.call(
            lambda: without_effect(lambda: self.send("GET", path, api=api, params=query)),
            within_seconds=NO_TRY_AFTER_SECONDS,
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        api: Api = Api.TRAINING,
        creates: bool = False,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Any:
        """Send one request, once, and return the JSON of a 2xx answer; everything else is raised.

        What ``creates`` goes out on a connection of its own, and doubt about its answer is doubt about it.
        """
        session = self._new_session() if creates else self._session
        try:
            answer = session.request(
                method,
                self._base_url + path,
                headers={**self._authorization, **(headers or {})},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                **options,
            )
        except requests.exceptions.RequestException as error:
            raise silence(error, api) from None
        finally:
            if creates:
                session.close()
        try:
            body = answer.json()
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            body = {}
        if 200 <= answer.status_code < 300 and not body.get("code"):
            return body
        if creates:
            raise trouble_of_create(answer.status_code, body, api)
        raise trouble_from(api, answer.status_code, body)


def readable(read: Callable[[], _T], api: Api = Api.TRAINING) -> _T:
    """Return what ``read`` returns; an answer of another shape is a trouble that passes."""
    try:
        return read()
    except UnreadableAnswer as error:
        raise RetryLater(
            "unreadable_answer", str(error), delay_seconds=UNREADABLE_DELAY_SECONDS, api=api
        ) from None


def without_effect(send: Callable[[], _T]) -> _T:
    """Send what changes nothing: where an answer is missing, nothing can have taken effect."""
    try:
        return send()
    except OutcomeUnknown as lost:
        raise RetryLater(
            lost.code, lost.message, delay_seconds=LOST_DELAY_SECONDS, kind=lost.kind, api=lost.api
        ) from None
