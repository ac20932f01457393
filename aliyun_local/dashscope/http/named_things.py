"""The fine-tune and the texts that a request names; no key is looked at.

Faults that are limited to fine-tunes or URLs (:mod:`aliyun_local.control.targets`) ask this.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import unquote

from aliyun_local.dashscope.http.operations import OPERATIONS, segments_of
from aliyun_local.serving.wire import Request


def fine_tune_of(request: Request) -> str:
    """Return the id of the fine-tune in the path of ``request``; empty without one."""
    segments = segments_of(request.raw_path)
    for operation in OPERATIONS:
        varying = operation.match(segments)
        if varying and operation.path.startswith("/fine-tunes/"):
            return varying[0]
    return ""


def texts_of(request: Request) -> Iterator[str]:
    """Yield the path and query, and every text in a JSON body: URLs, ids of files, models and resources."""
    yield unquote(request.raw_path)
    yield from request.query.values()
    if request.headers.get("content-type", "").startswith("application/json"):
        yield from _texts_in(json.loads(request.body or b"{}"))


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts_in(item)
