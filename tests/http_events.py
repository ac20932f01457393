"""Events of HTTP requests, as Function Compute hands them to ``status``.

Called by whatever sends a whole request to its handler or its routes: tests of units and workflows, the
simulation, benchmarks. Tests of how events are read make parts of events of their own.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any


def http_event(
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    content: str | bytes = "",
) -> dict[str, Any]:
    """Return the event of a request, in version v1; ``content`` of bytes is sent in Base64."""
    return {
        "version": "v1",
        "rawPath": path,
        "body": base64.b64encode(content).decode("ascii") if isinstance(content, bytes) else content,
        "isBase64Encoded": isinstance(content, bytes),
        "headers": dict(headers or {}),
        "queryParameters": dict(query or {}),
        "requestContext": {"http": {"method": method, "path": path, "protocol": "HTTP/1.1"}},
    }
