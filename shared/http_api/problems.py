"""Errors as RFC 9457 problem documents; the codes and their texts stand in ``problem_catalogue``.

Raised by every module of ``http_api``, and made into a response by ``routes`` and ``functions/status.py``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.domain.words import Language
from shared.http_api.messages import HttpResponse

if TYPE_CHECKING:
    from shared.http_api.operator_types import ProblemDocument
    from shared.http_api.problem_kinds import ProblemKind


def _not_possible(code: str) -> ProblemKind:
    """What an administrator asks for cannot be done now: by the outcome that the request would have."""
    from shared.http_api.outcomes import OUTCOMES
    from shared.http_api.problem_kinds import not_possible

    return not_possible(OUTCOMES[code])


class Problem(Exception):
    """An answer other than success, by its ``code``; ``values`` fill the places in the code's texts."""

    def __init__(self, code: str, *, headers: Mapping[str, str] | None = None, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.headers = dict(headers or {})
        self.values = values

    def document(self, language: Language) -> ProblemDocument:
        """Return the problem document: ``detail`` says what is wrong and what to do about it."""
        # Loaded with the first problem, not at every cold start.
        from shared.http_api.problem_catalogue import PROBLEMS
        from shared.http_api.problem_kinds import TITLES

        kind = PROBLEMS.get(self.code) or _not_possible(self.code)
        return {
            "type": "about:blank",
            "title": TITLES[kind.status].in_language(language),
            "status": kind.status,
            "code": self.code,
            "detail": kind.detail(language, self.values),
        }

    def response(self, language: Language) -> HttpResponse:
        """Return the problem as a response."""
        document = self.document(language)
        return HttpResponse(
            status=document["status"],
            headers={
                "Content-Type": "application/problem+json",
                "Content-Language": language.value,
                "Vary": "Accept-Language",
                "Cache-Control": "no-store",
                **self.headers,
            },
            body=json.dumps(document, ensure_ascii=False, indent=2) + "\n",
        )
