"""One request on its way through the invoke and management APIs: what every operation's function gets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aliyun_local.function_compute.errors import RequestRefused, invalid_argument
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.function_compute.models import FunctionCompute
    from aliyun_local.function_compute.signatures import Authenticator
    from aliyun_local.serving.wire import Request
    from aliyun_local.template import Function

LATEST = "LATEST"


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request whose operation is known.

    ``names`` holds the decoded parts of the path, by the words of :data:`OPERATIONS`; ``modern`` says whether
    the API is that of 2023. ``authenticate`` is for the one operation that must look before it knows whether
    the caller has to be checked.
    """

    compute: FunctionCompute
    request: Request
    request_id: str
    names: Mapping[str, str]
    modern: bool
    authenticate: Authenticator | None = None

    @property
    def service(self) -> str:
        """The service's name, without its qualifier; empty in the API of 2023, which has no services."""
        return self.names.get("service", "").partition(".")[0]

    @property
    def qualifier(self) -> str:
        """The version or alias that is asked for."""
        written = self.request.query.get("qualifier", "") if self.modern else self.names.get("service", "")
        return (written if self.modern else written.partition(".")[2]) or LATEST

    def function(self) -> Function:
        """Return the function that the path and the qualifier name.

        Raises:
            FunctionNotFound: there is no such function.
            RequestRefused: there is no such version or alias: a template deploys none but ``LATEST``.
        """
        function = self.compute.function(self.names["function"])
        self.check_qualifier()
        return function

    def check_qualifier(self) -> None:
        """Refuse a version or an alias, which a template does not deploy.

        Raises:
            RequestRefused: the qualifier is not ``LATEST``.
        """
        if self.qualifier == LATEST:
            return
        kind = "Version" if self.qualifier.isdigit() else "Alias"
        owner = f"function '{self.names.get('function')}'" if self.modern else f"service '{self.service}'"
        message = f"{kind.lower()} '{self.qualifier}' of {owner} does not exist"
        raise RequestRefused(404, f"{kind}NotFound", message)

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number of the query.

        Raises:
            RequestRefused: it is none, or outside of ``low`` to ``high``.
        """
        written = self.request.query.get(name, "")
        if not written:
            return default
        if not (written.isascii() and written.isdigit()) or not low <= int(written[:9]) <= high:
            raise invalid_argument(f"{name} must be a whole number from {low} to {high}")
        return int(written)

    def json_response(
        self, document: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Response:
        """Return ``document`` as the answer."""
        return Response(
            status=200,
            headers={
                "Content-Type": "application/json",
                "X-Fc-Request-Id": self.request_id,
                **(headers or {}),
            },
            body=json.dumps(document, ensure_ascii=False).encode("utf-8", errors="replace"),
        )
