"""The page docs/api.md: its prose is written by hand, its tables are made here and put between markers.

A table stands between ``<!-- table: name -->`` and ``<!-- end -->``. A unit test compares the page with what
this module makes of it. Called by ``python -m local.api_reference``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from local.api_reference.fields import DOCUMENTS, Field
from local.api_reference.meanings import PARAMETERS, REASONS, ROUTES, STATES
from local.packaging import ROOT
from shared.domain.photos import Verdict
from shared.domain.reasons import CHINESE_REASONS
from shared.domain.states import LEGAL_MOVES, JobState
from shared.http_api import routes
from shared.http_api.problem_catalogue import PROBLEMS, REFERENCE_PAGE
from shared.http_api.resources import POLL_SECONDS
from shared.http_api.waiting import SENTENCES

PAGE = ROOT / REFERENCE_PAGE
_TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def with_tables(text: str) -> str:
    """Return the page with each of its tables made from the code."""
    return _TABLE.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n{found[3]}", text)


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    headings = tuple(headings)
    lines = [headings, ("---",) * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _code(text: str) -> str:
    return f"`{text}`"


def _routes() -> str:
    rows = (
        (_code(f"GET {route.path}"), ROUTES[route.path], "yes" if route.needs_token else "no")
        for route in routes.ROUTES
    )
    return _table(("route", "answer", "needs the token"), rows)


def _parameters() -> str:
    rows = ((_code(one.name), one.values, one.default, one.meaning) for one in PARAMETERS)
    return _table(("parameter", "values", "default", "meaning"), rows)


def _documents() -> str:
    return "\n".join(
        f"### {name}\n\n{document.meaning}\n\n{_fields(document.fields)}"
        for name, document in DOCUMENTS.items()
    )


def _fields(fields: Iterable[Field]) -> str:
    rows = ((_code(one.name), _type(one), one.null or "never", one.meaning) for one in fields)
    return _table(("field", "type", "null", "meaning"), rows)


def _type(field: Field) -> str:
    plain = field.type.removeprefix("list of ")
    kind = f"[{plain}](#{plain.lower().replace(' ', '-')})" if plain in DOCUMENTS else plain
    unit = f", {field.unit}" if field.unit else ""
    return f"list of {kind}" if plain != field.type else f"{kind}{unit}"


def _states() -> str:
    rows = (
        (
            _code(state.value),
            STATES[state],
            ", ".join(_code(following.value) for following in JobState if following in LEGAL_MOVES[state])
            or "none",
            f"{POLL_SECONDS[state]} s" if state in POLL_SECONDS else "no header",
        )
        for state in JobState
    )
    return _table(("state", "meaning", "next state", "`Retry-After`"), rows)


def _waiting() -> str:
    rows = (
        (_code(code), _code(state.value), words.english, words.chinese)
        for state, codes in SENTENCES.items()
        for code, words in codes.items()
    )
    return _table(("code", "state", "in English", "in Chinese"), rows)


def _reasons() -> str:
    rows = ((_code(code), meaning, CHINESE_REASONS.get(code, "–")) for code, meaning in REASONS.items())
    return _table(("code", "meaning and remedy", "in Chinese"), rows)


def _problems() -> str:
    rows = (
        (
            _code(code),
            str(kind.status),
            kind.meaning.english,
            _unescaped(kind.remedy.english),
            _unescaped(kind.meaning.chinese + kind.remedy.chinese),
        )
        for code, kind in sorted(PROBLEMS.items(), key=lambda entry: (entry[1].status, entry[0]))
    )
    return _table(("code", "status", "meaning", "remedy", "in Chinese"), rows)


def _unescaped(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}").replace("<", "&lt;")


def _verdicts() -> str:
    return ", ".join(_code(verdict.value) for verdict in Verdict) + ".\n"


TABLES: dict[str, Callable[[], str]] = {
    "routes": _routes,
    "parameters": _parameters,
    "documents": _documents,
    "states": _states,
    "waiting": _waiting,
    "reasons": _reasons,
    "problems": _problems,
    "verdicts": _verdicts,
}
