"""Calls of Aliyun's OpenAPI by the official generic client, bounded in time and count.

The official class of ROS puts parameters, secret ones too, into the query string of its POSTs, where
proxies and servers write them down; here they go into the body (ROS, "Request syntax": parameters of RPC
calls are taken from either). One generic client also spares a package for each service.

Which failures are tried again: throttling always, since a throttled call has done nothing; an answer that
never came, or 5xx, only if the call may be made twice: it reads, or carries a ClientToken by which the
service knows it.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from local.stages.credentials import Credentials
from local.stages.errors import ServiceError

CONNECT_MS, READ_MS = 5_000, 60_000
TRIES = 6
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 16.0
NO_ANSWER = "NoAnswer"

_THROTTLED = ("Throttling", "TooManyRequests", "FlowControl", "ResourceThrottled", "ServiceBusy")


class Api:
    """One service, at one endpoint, for one identity."""

    def __init__(
        self,
        service: str,
        version: str,
        endpoint: str,
        credentials: Credentials,
        *,
        sleep: Callable[[float], None] = time.sleep,
        tries: int = TRIES,
    ) -> None:
        """Take the service's name for messages, and the URL (or host) that answers."""
        self._service, self._version = service, version
        address = urlsplit(endpoint if "//" in endpoint else f"https://{endpoint}")
        self._host, self._protocol = address.netloc, address.scheme.upper()
        self._credentials, self._sleep, self._tries = credentials, sleep, tries
        self._client: Any = None

    def rpc(self, action: str, parameters: Mapping[str, Any], *, repeatable: bool = True) -> dict[str, Any]:
        """Make an RPC call with its parameters in the body.

        Raises:
            ServiceError: the service refused, or did not answer.
        """
        return self._call(action, "RPC", "POST", "/", parameters, repeatable=repeatable)

    def roa(
        self,
        action: str,
        method: str,
        path: str,
        body: object = None,
        query: Mapping[str, str] | None = None,
        *,
        repeatable: bool = True,
    ) -> dict[str, Any]:
        """Make a call whose path names what it is about, with JSON in the body.

        Raises:
            ServiceError: the service refused, or did not answer.
        """
        return self._call(action, "ROA", method, path, body, query, repeatable=repeatable)

    def _call(
        self,
        action: str,
        style: str,
        method: str,
        path: str,
        body: object,
        query: Mapping[str, str] | None = None,
        *,
        repeatable: bool,
    ) -> dict[str, Any]:
        for number in range(1, self._tries + 1):
            try:
                return self._once(action, style, method, path, body, query)
            except ServiceError as problem:
                if number == self._tries or not _is_worth_another(problem, repeatable=repeatable):
                    raise
                self._sleep(_pause(number))
        raise AssertionError("the loop returns or raises")

    def _once(
        self, action: str, style: str, method: str, path: str, body: object, query: Mapping[str, str] | None
    ) -> dict[str, Any]:
        from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
        from darabonba.exceptions import DaraException
        from darabonba.runtime import RuntimeOptions

        params = Params(
            action=action,
            version=self._version,
            protocol=self._protocol,
            pathname=path,
            method=method,
            auth_type="AK",
            style=style,
            req_body_type="formData" if style == "RPC" else "json",
            body_type="string",
        )
        request = OpenApiRequest(
            body=_flat(body) if style == "RPC" else body,
            query=dict(query or {}),
        )
        # Without credentials there is nothing to try again.
        self._credentials.key()
        try:
            answer = self._connected().call_api(params, request, RuntimeOptions(autoretry=False))
        except DaraException as problem:
            raise self._refusal(problem) from None
        except (OSError, ValueError, RuntimeError) as problem:
            raise ServiceError(self._service, NO_ANSWER, f"{action}: {problem}") from None
        except Exception as problem:
            # The client wraps lost connections in exceptions of its own, which have no common base.
            if type(problem).__module__.partition(".")[0] not in (
                "Tea",
                "darabonba",
                "alibabacloud_tea_openapi",
            ):
                raise
            raise ServiceError(self._service, NO_ANSWER, f"{action} at {self._host}: {problem}") from None
        text = answer.get("body") or "{}"
        try:
            document = json.loads(text) if isinstance(text, str | bytes) else text
        except ValueError:
            raise ServiceError(self._service, "InvalidAnswer", f"{action}: the answer is not JSON") from None
        return document if isinstance(document, dict) else {"": document}

    def _refusal(self, problem: Any) -> ServiceError:
        data = problem.data if isinstance(problem.data, dict) else {}
        status = int(data.get("statusCode") or getattr(problem, "statusCode", 0) or 0)
        message = str(data.get("Message") or data.get("message") or problem.message or "")
        request_id = str(data.get("RequestId") or data.get("requestId") or "")
        return ServiceError(
            self._service, str(problem.code or status), message, http_status=status, request_id=request_id
        )

    def _connected(self) -> Any:
        if self._client is None:
            from alibabacloud_tea_openapi.client import Client
            from alibabacloud_tea_openapi.utils_models import Config

            if os.environ.get("DEBUG", "").lower() == "sdk":
                # The client would print each request with what is in it.
                del os.environ["DEBUG"]
            self._client = Client(
                Config(
                    credential=self._credentials.client,
                    endpoint=self._host,
                    protocol=self._protocol,
                    connect_timeout=CONNECT_MS,
                    read_timeout=READ_MS,
                )
            )
        return self._client


def _is_worth_another(problem: ServiceError, *, repeatable: bool) -> bool:
    if problem.code.startswith(_THROTTLED) or problem.http_status == 429:
        return True
    return repeatable and (problem.code == NO_ANSWER or problem.http_status >= 500)


def _pause(number: int) -> float:
    longest: float = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (number - 1))
    return longest * (0.5 + random.random() / 2)  # noqa: S311 (spreads calls; nothing is kept secret by it)


def _flat(parameters: object, prefix: str = "") -> dict[str, str]:
    """Return nested parameters as RPC calls write them: ``Parameters.1.ParameterKey`` (counted from 1)."""
    if isinstance(parameters, Mapping):
        parts = [(f"{prefix}.{name}" if prefix else str(name), value) for name, value in parameters.items()]
    elif isinstance(parameters, list | tuple):
        parts = [(f"{prefix}.{number}", value) for number, value in enumerate(parameters, 1)]
    elif parameters is None:
        return {}
    else:
        text = str(parameters).lower() if isinstance(parameters, bool) else str(parameters)
        return {prefix: text}
    flat: dict[str, str] = {}
    for name, value in parts:
        flat |= _flat(value, name)
    return flat
