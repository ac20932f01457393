"""One request to the invoke and management APIs, whose operation is known.

``responses`` makes one and hands it to the function of the operation, in ``invoking`` or ``management``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aliyun_local.function_compute.account.models import Account
from aliyun_local.function_compute.compute import FunctionCompute
from aliyun_local.function_compute.http.errors import (
    RequestRefused,
    access_denied,
    invalid_argument,
)
from aliyun_local.function_compute.http.signatures import Authenticator
from aliyun_local.serving.wire import Request, Response
from aliyun_local.template import Function

LATEST = "LATEST"


@dataclass(frozen=True, kw_only=True)
class ApiRequest:
    """A request to one operation of an API, or to an HTTP trigger at an address of its own.

    ``http`` is the request as it came. ``names`` holds the decoded parts of its path, by the words that
    :data:`OPERATIONS` has for them. ``is_2023`` says which generation of the API it is for. ``authenticate``
    is for InvokeHTTPTrigger, which finds out only by the trigger whether the caller has to be checked.
    ``account`` has what calls create; without one, nothing can be created.
    """

    compute: FunctionCompute
    http: Request
    request_id: str
    names: Mapping[str, str] = field(default_factory=dict)
    is_2023: bool = False
    authenticate: Authenticator | None = None
    account: Account | None = None

    @property
    def changeable(self) -> Account:
        """The account, for a call that changes it.

        Raises:
            RequestRefused: this Function Compute has the functions of its template and no others.
        """
        if self.account is None:
            raise access_denied("this Function Compute runs a template's functions and takes no changes")
        return self.account

    def document(self) -> dict[str, Any]:
        """Return the JSON object that the call brings.

        Raises:
            RequestRefused: there is none.
        """
        try:
            document = json.loads(self.http.body or b"{}")
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise invalid_argument("the body is not a JSON object")
        return document

    @property
    def service(self) -> str:
        """The service's name, without its qualifier; empty in the API of 2023, which has no services."""
        return self.names.get("service", "").partition(".")[0]

    @property
    def qualifier(self) -> str:
        """The version or alias that is asked for."""
        if self.is_2023:
            return self.http.query.get("qualifier") or LATEST
        return self.names.get("service", "").partition(".")[2] or LATEST

    def function(self) -> Function:
        """Return the function that the path and the qualifier name.

        Raises:
            FunctionNotFound: there is no such function.
            RequestRefused: there is no such version or alias; there is none but ``LATEST`` here.
        """
        function = self.compute.function(self.names["function"])
        self.check_qualifier()
        return function

    def check_qualifier(self) -> None:
        """Refuse a version or an alias, which nothing makes here.

        Raises:
            RequestRefused: the qualifier is not ``LATEST``.
        """
        if self.qualifier == LATEST:
            return
        kind = "Version" if self.qualifier.isdigit() else "Alias"
        owner = f"function '{self.names.get('function')}'" if self.is_2023 else f"service '{self.service}'"
        message = f"{kind.lower()} '{self.qualifier}' of {owner} does not exist"
        raise RequestRefused(404, f"{kind}NotFound", message)

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number of the query.

        Raises:
            RequestRefused: it is not a number, or outside of ``low`` to ``high``.
        """
        written = self.http.query.get(name, "")
        if not written:
            return default
        if not (written.isascii() and written.isdigit()) or not low <= int(written[:9]) <= high:
            raise invalid_argument(f"{name} must be a whole number from {low} to {high}")
        return int(written)

    def json_response(
        self, document: Mapping[str, Any], headers: Mapping[str, str] | None = None, *, status: int = 200
    ) -> Response:
        """Return ``document`` as the answer."""
        return Response(
            status=status,
            headers={
                "Content-Type": "application/json",
                "X-Fc-Request-Id": self.request_id,
                **(headers or {}),
            },
            body=json.dumps(document, ensure_ascii=False).encode("utf-8", errors="replace"),
        )
