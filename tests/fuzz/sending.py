"""The requests that schemathesis makes of ``openapi.json``, and what it finds. Called by ``tests.fuzz``."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from werkzeug.serving import WSGIRequestHandler, make_server

from functions import status
from shared.http_api.idempotency import HEADER, KEY
from tests.described import NotDescribedError, check
from tests.fuzz.people import TOKENS, Seeded
from tests.uploads.pictures import jpeg
from tests.uploads.support import CONTEXT
from tests.uploads.zips import zipped

FEWEST = 3000
"""Fewer requests than these are no test."""
NO_SYNTAX = {
    "invalid_cursor": "a cursor is what a page has given, and of the same list",
    "idempotency_key_reused": "whether a key was used before is no part of a request",
    "invalid_photo": "hidden files and the operating system's own are photos to no schema",
    "unusable_file": "the bytes are no picture",
    "unusable_consent": "a consent agrees to the text that is offered, and a withdrawal to none",
    "invalid_style": "an order has a style or a template",
    "invalid_template": "a template is a URL without a query, or a key of the bucket",
    "invalid_price": "a form has the price by itself, or together with the count",
    "no_files": "a part of a form is a file by its name, which no schema can ask for",
}
"""Problems of requests that are good as far as JSON Schema can tell, and why it cannot tell more."""
PICTURES = (jpeg(), zipped({"1.jpg": jpeg()}))
LINK = r"[a-z]+\.[0-9a-f]{16}\.[0-9]+\.[0-9a-f]{40}"
MAY_BE_UNAVAILABLE = "GET /readyz"
"""Answers 503, with a document, when nobody can be trained."""


@dataclass
class Run:
    """What the requests of one right have come to."""

    right: str
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)

    def told(self) -> str:
        """Return it in words."""
        counted = ", ".join(f"{count} x {code}" for code, count in sorted(self.statuses.items()))
        lines = [f"{self.right}: {self.requests:,} requests: {counted}"]
        return "\n".join([*lines, *(f"  {text}" for text in self.failures.values())])

    def note(self, event: events.EngineEvent) -> None:
        """Keep what an event says of failures, each kind once for each operation."""
        if isinstance(event, events.NonFatalError):
            self.failures.setdefault(f"{event.label} {event.value}", f"{event.label}: {event.value!r}")
        elif isinstance(event, events.FatalError):
            self.failures.setdefault("fatal", repr(event.exception))
        elif isinstance(event, events.ScenarioFinished):
            for case_id, checks in event.recorder.checks.items():
                answer = event.recorder.interactions[case_id].response
                content = answer.content.decode("utf-8", "replace") if answer else ""
                for one in checks:
                    if one.failure_info is not None and not _is_no_syntax(one.name, content):
                        failure = one.failure_info.failure
                        key = f"{event.recorder.label} {one.name} {failure.title}"
                        told = f"{key}: {failure.message}\n{one.failure_info.code_sample}\n{content[:400]}"
                        self.failures.setdefault(key, told)


def _is_no_syntax(check_name: str, content: str) -> bool:
    is_of_good_data = check_name == "positive_data_acceptance"
    return is_of_good_data and any(f'"code": "{code}"' in content for code in NO_SYNTAX)


def fuzz(world: Seeded, right: str, seed: int, examples: int) -> Run:
    """Send generated requests with a right; the emulators of ``world`` are running."""
    run = Run(right)
    _teach(world)
    server = make_server("127.0.0.1", 0, _application(run), threaded=True, request_handler=_Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/openapi.json"
        schema = schemathesis.openapi.from_url(address, config=_config(right, seed, examples))
        for event in from_schema(schema).execute():
            run.note(event)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    return run


class _Handler(WSGIRequestHandler):
    """Keeps connections, and is silent."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # werkzeug's name
        """Do not print each request."""


def _config(right: str, seed: int, examples: int) -> SchemathesisConfig:
    tokens = {"admin": TOKENS.admin, "reader": TOKENS.reader}
    headers = {"Authorization": f"Bearer {tokens[right]}"} if right in tokens else {}
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "headers": headers,
            "workers": 1,
            "continue-on-failure": True,
            "generation": {
                "mode": "all",
                "max-examples": examples,
                "deterministic": False,
                "database": "none",
                "no-shrink": True,
            },
            "operations": [
                {
                    "include-name": MAY_BE_UNAVAILABLE,
                    "checks": {"not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", 503]}},
                }
            ],
            "phases": {"stateful": {"enabled": right == "admin", "generation": {"max-examples": examples}}},
        }
    )


def _application(run: Run) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """Return the function as a WSGI application that holds every answer against its description."""

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        answered: list[Any] = []
        path, _, _ = environ["REQUEST_URI"].partition("?")
        given = {**environ, "fc.request_uri": environ["REQUEST_URI"], "fc.context": CONTEXT}
        chunks: Any = status.handler(given, lambda line, headers: answered.extend([line, headers]))
        body = b"".join(chunks)
        line, headers = answered
        code, method = int(line[:3]), environ["REQUEST_METHOD"]
        run.requests += 1
        run.statuses[code] += 1
        try:
            check(method, path, code, dict(headers), body)
        except NotDescribedError as problem:
            run.failures.setdefault(str(problem)[:200], str(problem))
        start(line, headers)
        return [b"" if method == "HEAD" else body]

    return application


_numbers = itertools.count()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Replace good keys but one of five: a key that was used before hides what a request would come to."""
    number = next(_numbers)
    if KEY.fullmatch(case.headers.get(HEADER, "")) and number % 5:
        case.headers[HEADER] = f"key-{number}"


def _teach(world: Seeded) -> None:
    """Let generated values be those of the tables, as often as any others."""
    text = st.text(min_size=1, max_size=12)
    known: dict[str, tuple[tuple[str, ...], st.SearchStrategy[str]]] = {
        "person-id": (world.people, text),
        "person-id-beginning": (("a", "Zo", "王"), st.text(max_size=12)),
        "photo-name": (world.photos, text),
        "cursor": ((), text),
        "job-id": (world.jobs, st.from_regex(r"[0-9a-f]{20}-[1-9]", fullmatch=True)),
        "request-id": (world.requests, st.from_regex(r"[0-9A-Za-z-]{1,64}", fullmatch=True)),
        "link-id": (world.link_ids, st.from_regex(r"[0-9a-f]{16}", fullmatch=True)),
        "share-link": (world.links, st.from_regex(LINK, fullmatch=True)),
    }
    pictures = st.sampled_from(PICTURES) | st.binary(max_size=64)
    schemathesis.openapi.media_type("application/octet-stream", pictures)
    for name, (there, others) in known.items():
        strategy = st.sampled_from(there) | others if there else others
        schemathesis.openapi.format(name, strategy)
