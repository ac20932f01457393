"""One request on its way through the service: the HTTP request, its id, and the address it came in by."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aliyun_local.serving.wire import Request, Response

FIRST_API_KEY_ID = "100001"
DEFAULT_HOST = "dashscope.aliyuncs.com"
# Written into URLs, so nothing else than a host name or an address, with or without a port.
_HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


@dataclass(frozen=True, kw_only=True)
class DashScopeRequest:
    """An HTTP request, the id that its answer carries, and the id of the API key that it came with."""

    http: Request
    request_id: str
    api_key_id: str = FIRST_API_KEY_ID

    @property
    def site(self) -> str:
        """Scheme and host by which the client reached the service, for URLs that lead back to it."""
        match = _HOST.fullmatch(self.http.host)
        if match is None:
            return f"https://{DEFAULT_HOST}"
        # Only a local server is reached by a port of its own, and it speaks no TLS.
        return f"{'http' if match[1] else 'https'}://{self.http.host}"


# Answers an operation: takes the request and the varying segments of its path. `responses` adds the envelope
# to a dict and sends a Response as it is.
Handler = Callable[..., dict[str, Any] | Response]
