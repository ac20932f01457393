"""Errors as RFC 9457 problem documents with a stable ``code``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from shared.http_api.messages import HttpResponse


class Problem(Exception):
    """An answer other than success; ``detail`` says what to do about it."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})

    def response(self) -> HttpResponse:
        """Return the problem as a response."""
        document = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        return HttpResponse(
            status=self.status,
            headers={
                "Content-Type": "application/problem+json",
                "Cache-Control": "no-store",
                **self.headers,
            },
            body=json.dumps(document, ensure_ascii=False, indent=2) + "\n",
        )
