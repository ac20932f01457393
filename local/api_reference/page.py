"""The page docs/api.md: its prose is written by hand, its tables are made here and put between markers.

Markers are those of :mod:`local.generated_tables`. A unit test compares the page with what this module makes
of it. Called by ``python -m local.api_reference``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from local.api_reference.fields import DOCUMENTS
from local.api_reference.meanings import PARAMETERS, PEOPLE_PARAMETERS, REASONS, ROUTES, STATES, Parameter
from local.api_reference.portraits import ORDER_REASONS
from local.api_reference.shapes import Field
from local.generated_tables import code, table, unescaped
from local.generated_tables import with_tables as fill
from local.packaging import ROOT
from shared.domain.photos import Verdict
from shared.domain.portrait_reasons import CHINESE
from shared.domain.reasons import CHINESE_REASONS, IGNORED, Words
from shared.domain.remedies import REFUSALS
from shared.domain.remedies_of_our_own import OUR_OWN, Told
from shared.domain.remedies_of_services import CODES, OF_SERVICES
from shared.domain.states import LEGAL_MOVES, JobState
from shared.http_api import routes
from shared.http_api.authentication import Access
from shared.http_api.outcomes import OUTCOMES
from shared.http_api.problem_catalogue import PROBLEMS, REFERENCE_PAGE
from shared.http_api.resources import POLL_SECONDS
from shared.http_api.waiting_words import SENTENCES

PAGE = ROOT / REFERENCE_PAGE


def with_tables(text: str) -> str:
    """Return the page with each of its tables made from the code."""
    return fill(text, TABLES)


def _routes() -> str:
    tokens = {Access.ANYONE: "none", Access.READER: "read or admin", Access.ADMIN: "admin"}
    rows = (
        (
            code(name),
            ROUTES[name],
            f"{tokens[route.access]}{', or the link of the person' if route.is_for_the_person else ''}",
        )
        for route in routes.ROUTES
        for name in [f"{route.method} {route.path}"]
    )
    return table(("route", "answer", "token"), rows)


def _parameters() -> str:
    return _parameters_of(PARAMETERS)


def _parameters_of(parameters: Iterable[Parameter]) -> str:
    rows = ((code(one.name), one.values, one.default, one.meaning) for one in parameters)
    return table(("parameter", "values", "default", "meaning"), rows)


def _documents() -> str:
    return "\n".join(
        f"### {name}\n\n{document.meaning}\n\n{_fields(document.fields)}"
        for name, document in DOCUMENTS.items()
    )


def _fields(fields: Iterable[Field]) -> str:
    rows = ((code(one.name), _type(one), one.null or "never", one.meaning) for one in fields)
    return table(("field", "type", "null", "meaning"), rows)


def _type(field: Field) -> str:
    plain = field.type.removeprefix("list of ")
    kind = " or ".join(
        f"[{name}](#{name.lower().replace(' ', '-')})" if name in DOCUMENTS else name
        for name in plain.split(" or ")
    )
    unit = f", {field.unit}" if field.unit else ""
    return f"list of {kind}" if plain != field.type else f"{kind}{unit}"


def _states() -> str:
    rows = (
        (
            code(state.value),
            STATES[state],
            ", ".join(code(following.value) for following in JobState if following in LEGAL_MOVES[state])
            or "none",
            f"{POLL_SECONDS[state]} s" if state in POLL_SECONDS else "no header",
        )
        for state in JobState
    )
    return table(("state", "meaning", "next state", "`Retry-After`"), rows)


def _waiting() -> str:
    rows = (
        (
            code(name),
            ", ".join(code(state.value) for state in sentence.states),
            sentence.words.english,
            sentence.words.chinese,
        )
        for name, sentence in SENTENCES.items()
    )
    return table(("code", "states", "in English", "in Chinese"), rows)


def _our_own() -> str:
    rows = ((code(name), *_told(told)) for name, told in OUR_OWN.items())
    return table(("code", "in English", "in Chinese"), rows)


def _of_services() -> str:
    codes: dict[str, list[str]] = {name: [] for name in (*OF_SERVICES, *OUR_OWN)}
    for one in (coded for service in CODES.values() for coded in service):
        condition = f" (“{one.says}”)" if one.says else ""
        codes[one.name] += [f"{code(said)}{condition}" for said in one.codes]
    rows = (
        (code(name), ", ".join(codes[name]) or "–", *_told(told))
        for name, told in {**OUR_OWN, **OF_SERVICES}.items()
        if codes[name] or name in OF_SERVICES
    )
    return table(("code in `/readyz`", "codes in `blocked_by`", "in English", "in Chinese"), rows)


def _refusals() -> str:
    rows = (
        (code(name), code(api.value) if api else "–", words.english, words.chinese)
        for api, (name, words) in REFUSALS.items()
    )
    return table(("code in `/readyz`", "API", "in English", "in Chinese"), rows)


def _told(told: Told) -> tuple[str, str]:
    return (
        f"{told.message.english} {told.remedy.english}",
        f"{told.message.chinese}{told.remedy.chinese}",
    )


def _in_words(codes: Mapping[str, Words]) -> str:
    rows = ((code(name), unescaped(words.english), unescaped(words.chinese)) for name, words in codes.items())
    return table(("code", "in English", "in Chinese"), rows)


def _reasons() -> str:
    rows = ((code(name), meaning, CHINESE_REASONS.get(name, "–")) for name, meaning in REASONS.items())
    return table(("code", "meaning and remedy", "in Chinese"), rows)


def _order_reasons() -> str:
    rows = ((code(name), meaning, CHINESE[name]) for name, meaning in ORDER_REASONS.items())
    return table(("code", "meaning and remedy", "in Chinese"), rows)


def _problems() -> str:
    rows = (
        (
            code(name),
            str(kind.status),
            kind.meaning.english,
            unescaped(kind.remedy.english),
            unescaped(kind.meaning.chinese + kind.remedy.chinese),
        )
        for name, kind in sorted(PROBLEMS.items(), key=lambda entry: (entry[1].status, entry[0]))
    )
    return table(("code", "status", "meaning", "remedy", "in Chinese"), rows)


def _verdicts() -> str:
    return ", ".join(code(verdict.value) for verdict in Verdict) + ".\n"


TABLES: dict[str, Callable[[], str]] = {
    "routes": _routes,
    "parameters": _parameters,
    "people_parameters": lambda: _parameters_of(PEOPLE_PARAMETERS),
    "documents": _documents,
    "states": _states,
    "waiting": _waiting,
    "our_own": _our_own,
    "of_services": _of_services,
    "refusals": _refusals,
    "ignored": lambda: _in_words(IGNORED),
    "outcomes": lambda: _in_words(OUTCOMES),
    "reasons": _reasons,
    "order_reasons": _order_reasons,
    "problems": _problems,
    "verdicts": _verdicts,
}
