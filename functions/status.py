"""HTTP trigger: where every person stands.

Called through Function Compute 3.0's HTTP event, or as a WSGI application by accounts that are still on
Function Compute 2.0.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from shared.assembly import audit_log, new_token, photo_bucket, request_table, tables
from shared.clients.credentials import find_credentials
from shared.domain.words import Language
from shared.http_api.authentication import Tokens
from shared.http_api.deployment import Deployment
from shared.http_api.languages import language_of
from shared.http_api.messages import (
    HttpRequest,
    HttpResponse,
    OversizedRequest,
    UnreadableRequest,
    from_event,
    from_wsgi,
)
from shared.http_api.problems import Problem
from shared.http_api.reader import Reader
from shared.http_api.routes import answer
from shared.logs import warn
from shared.settings import SettingsError, read_settings
from shared.tracing import begin


def handler(event: Any, context: Any) -> dict[str, Any] | Iterable[bytes]:
    """Answer an HTTP event with ``(event, context)``, or a WSGI call with ``(environ, start_response)``."""
    if isinstance(event, dict) and callable(context):
        return _answer(lambda: from_wsgi(event), event.get("fc.context")).as_wsgi(context)
    return _answer(lambda: from_event(event), context).as_event()


def _answer(read: Callable[[], HttpRequest], context: object) -> HttpResponse:
    begin(context)
    try:
        request = read()
    except UnreadableRequest:
        return Problem("unreadable_request").response(Language.ENGLISH)
    except OversizedRequest:
        return Problem("content_too_large").response(Language.ENGLISH)
    begin(context, request.headers.get("traceparent", ""))
    try:
        settings = read_settings(os.environ)
        settings.require("ots_endpoint", "ots_instance")
    except SettingsError as problem:
        warn("status_misconfigured", problem=str(problem))
        return Problem("misconfigured").response(language_of(request.headers))

    def connect() -> Reader:
        credentials = find_credentials(context, os.environ)
        jobs, control = tables(settings, credentials)
        return Reader(
            jobs=jobs,
            control=control,
            requests=lambda: request_table(settings, credentials),
            rules=settings.rules,
            photo_access=settings.way,
            now=lambda: time.time_ns() // 1_000_000,
            token=new_token,
            bucket=lambda: photo_bucket(settings, credentials),
            audit=(lambda: audit_log(settings, credentials)) if settings.keeps_audit else None,
            can_erase=bool(settings.erase_key),
        )

    tokens = Tokens(reader=settings.status_token, admin=settings.admin_token, links=settings.link_key)
    deployed = Deployment(origins=settings.cors_origins, price_fen=settings.rules.training_price_fen)
    return answer(request, connect, tokens, deployed)
