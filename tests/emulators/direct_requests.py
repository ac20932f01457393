"""Requests that tests hand straight to a service or a front, without a server between."""

from __future__ import annotations

from collections.abc import Mapping

from aliyun_local.serving.wire import Headers, Request


def direct_request(
    method: str,
    target: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    host: str = "127.0.0.1",
) -> Request:
    """Return the request for ``target``, an undecoded path with an optional query."""
    raw_path, _, raw_query = target.partition("?")
    return Request(
        method=method,
        host=host,
        raw_path=raw_path,
        raw_query=raw_query,
        headers=Headers(headers or {}),
        body=body,
    )
