"""Pages from documents and Jinja2 templates. Imported only when HTML is asked for, by ``http_api``.

Autoescape is always on, and a field that a document lacks is an error, not a hole. Where the functions run,
the templates are Python already, and Jinja2 neither reads nor compiles them. Texts come from ``words``;
values put into a text are escaped as anything else is.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
)
from markupsafe import Markup, escape

from shared.domain.administration import OVERRULED
from shared.domain.money import cny
from shared.domain.photos import NEEDS_NOTHING
from shared.domain.portrait_styles import STYLES
from shared.domain.states import JobState
from shared.domain.words import Language
from shared.pages import names, portrait_call, times
from shared.pages.assets import address
from shared.pages.timeline import steps
from shared.pages.view import View
from shared.pages.words import WORDS
from shared.views import milliseconds

PAGES = (
    *("overview", "people", "person", "own", "links", "models", "events", "ignored"),
    *("sign_in", "problem", "default_domain"),
)
KEPT_PARAMETERS = ("state", "query", "cursor", "person", "next")
"""What the switch of the language keeps of a page's address."""
PENDING = frozenset({"unprepared", "unchecked", "unpacking"})
LEFT_OVER = frozenset({"similar", "over_limit"})
"""Photos that could be trained on, while enough others are."""
OVERRULABLE = frozenset(verdict.value for verdict in OVERRULED)
"""Verdicts on pictures that could be submitted all the same: an administrator may know better."""
_NEEDS_NOTHING = frozenset(verdict.value for verdict in NEEDS_NOTHING) | LEFT_OVER | {"duplicate"}


SHAPE_OF_ORDER = {
    **{state: state for state in ("QUEUED", "SUBMITTING", "SUCCEEDED", "FAILED", "CANCELED")},
    "GENERATING": "TRAINING",
    "STORING": "TRAINING",
}
"""The states of an order look like those of a job."""
TEMPLATES = Path(__file__).parent / "templates"
SUFFIX = ".html.jinja"
COMPILED = "shared.pages.compiled"
"""The package of the templates as Python, which only the deployed zip has."""


class CompiledLoader(BaseLoader):
    """Templates that ``local/packaging`` has made Python of; in a checkout there are none.

    Jinja2's own ``ModuleLoader`` does the same for a folder of files that are called by hashes.
    """

    has_source_access = False

    def load(
        self,
        environment: Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 (the base class's name)
    ) -> Template:
        """Return the template, or raise TemplateNotFound."""
        try:
            module = import_module(f"{COMPILED}.{name.removesuffix(SUFFIX)}")
        except ModuleNotFoundError:
            raise TemplateNotFound(name) from None
        return environment.template_class.from_module_dict(environment, vars(module), globals or {})


def render(page: str, document: Mapping[str, object], view: View) -> str:
    """Return ``page``, one of :data:`PAGES`, of the ``document`` that the same route answers with in JSON."""
    if page not in PAGES:
        raise ValueError(f"there is no page {page}; take one of {', '.join(PAGES)}")
    template = environment().get_template(f"{page}{SUFFIX}")
    return template.render(document=document, view=view, **_helpers(view))


@cache
def environment() -> Environment:
    """Return what all templates have in common, by Jinja2."""
    made = Environment(
        loader=ChoiceLoader([CompiledLoader(), FileSystemLoader(TEMPLATES)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(
        asset=address,
        path=names.path,
        plain=names.plain,
        steps=steps,
        states=[state.value for state in JobState],
        styles=STYLES,
        shape_of_order=SHAPE_OF_ORDER,
        kind_of_verdict=kind_of_verdict,
        overrulable=OVERRULABLE,
        curl_call=portrait_call.in_curl,
        python_call=portrait_call.in_python,
    )
    made.filters.update(name=names.isolated, money=_money, kind_of_verdict=kind_of_verdict)
    return made


def kind_of_verdict(verdict: str) -> str:
    """Return how a verdict is shown: ``usable``, ``pending``, ``aside`` (nothing to do), or ``refused``."""
    if verdict == "usable":
        return "usable"
    if verdict in PENDING:
        return "pending"
    return "aside" if verdict in _NEEDS_NOTHING else "refused"


def _helpers(view: View) -> dict[str, Any]:
    """What templates call that depends on the reader."""
    language = view.language
    other = "en" if language is Language.CHINESE else "zh"
    # What was asked for once, and tickets, are no part of the page's address.
    kept = {name: view.query[name] for name in KEPT_PARAMETERS if name in view.query}
    return {
        "t": partial(_text, language),
        "price": f"{cny(view.price_fen):g}",
        "href": partial(_href, view),
        "moment": lambda at: times.moment(at, language),
        "clock": times.clock,
        "duration": lambda length_ms: times.duration(length_ms, language),
        "minutes_since": lambda at: times.since(at, view.now, language),
        "is_past": lambda at: milliseconds(at) <= view.now,
        "share": lambda start, end: times.share(start, end, view.now),
        "between": lambda start, end: times.duration(milliseconds(end) - milliseconds(start), language),
        "other_language": other,
        "language_address": "?" + urlencode({**kept, "language": other}),
    }


def _text(language: Language, word: str, /, **values: object) -> Markup:
    return escape(WORDS[word].in_language(language)).format(**values)


def _href(view: View, target: str, **query: object) -> str:
    """Return the address of a page of ours, which keeps the language that the reader has chosen."""
    kept = {"language": view.query["language"]} if view.query.get("language") in ("en", "zh") else {}
    asked = {**kept, **{name: str(value) for name, value in query.items() if value not in (None, "")}}
    return f"{target}?{urlencode(asked)}" if asked else target


def _money(cny: float | None) -> str:
    return "–" if cny is None else f"{cny:,.2f}"
