"""The runbooks hold every code that an operator can meet, in the words that people are told."""

from __future__ import annotations

import re

import pytest

from local.runbook.page import PAGES, with_tables
from shared.domain.photos import Verdict
from shared.domain.reasons import Language
from shared.domain.remedies import REFUSALS
from shared.domain.remedies_of_our_own import OUR_OWN
from shared.domain.remedies_of_services import OF_SERVICES
from shared.http_api.problem_catalogue import PROBLEMS
from shared.http_api.routes import ROUTES
from shared.http_api.waiting_words import SENTENCES

CODES = {
    *OUR_OWN,
    *OF_SERVICES,
    *SENTENCES,
    *PROBLEMS,
    *(name for name, _ in REFUSALS.values()),
    *(verdict.value for verdict in Verdict),
}


@pytest.fixture(params=list(Language), ids=lambda language: language.value)
def language(request: pytest.FixtureRequest) -> Language:
    return Language(request.param)


def test_the_tables_are_those_that_the_code_makes(language: Language) -> None:
    text = PAGES[language].read_text(encoding="utf-8")
    assert with_tables(text, language) == text, "run python -m local.runbook"


def test_every_code_stands_in_the_runbook(language: Language) -> None:
    text = PAGES[language].read_text(encoding="utf-8")
    assert [code for code in sorted(CODES) if f"| `{code}` |" not in text] == []


def test_the_chinese_runbook_tells_everything_in_chinese() -> None:
    rows = re.findall(r"^\| `\w+` \|.*$", PAGES[Language.CHINESE].read_text(encoding="utf-8"), re.MULTILINE)
    assert [row for row in rows if not re.search(r"[\u4e00-\u9fff]", row)] == []


def test_both_runbooks_have_the_same_sections() -> None:
    counts = [
        [
            len(re.findall(pattern, page.read_text(encoding="utf-8"), re.MULTILINE))
            for pattern in (r"^## ", r"^### ")
        ]
        for page in PAGES.values()
    ]
    assert counts[0] == counts[1]


def test_every_route_that_a_runbook_names_exists(language: Language) -> None:
    text = PAGES[language].read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:GET|POST|PUT|DELETE) /[^`\s]*)`", " ".join(text.split())))
    assert named
    assert named <= {f"{route.method} {route.path}" for route in ROUTES}
