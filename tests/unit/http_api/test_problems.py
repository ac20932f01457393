"""Problem documents: every code in both languages, with what to do."""

from __future__ import annotations

import ast
import re
from http import HTTPStatus

import pytest

from local.packaging import ROOT
from shared.domain.reasons import Language
from shared.http_api.outcomes import OUTCOMES
from shared.http_api.problem_catalogue import PROBLEMS, REFERENCE_PAGE
from shared.http_api.problem_kinds import TITLES
from shared.http_api.problems import Problem
from shared.http_api.routes import ROUTES
from tests.unit.http_api.support import BOTH, CHINESE, JOB_ID, Api, assert_problem, document

VALUES = {
    "parameter": "'sate'",
    "known": "state",
    "routes": "/jobs",
    "allowed": "GET, HEAD",
    "most": "500",
    "bytes": "9000",
    "name": "a.jpg",
    "why": "…",
    "field": "agree",
    "prefix": "templates/",
    "price": "0.72",
    "count": "4",
}
RENAMED = {
    413: "Content Too Large",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
"""RFC 9110 calls it so, and Python since 3.13."""


def raised_codes() -> set[str]:
    """The codes that the code raises, found in its source."""
    codes: set[str] = set()
    for folder in ("shared/http_api", "functions"):
        for path in (ROOT / folder).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or ast.unparse(node.func) != "Problem":
                    continue
                if isinstance(node.args[0], ast.Constant):
                    codes.add(str(node.args[0].value))
    return codes


def test_the_catalogue_holds_the_codes_that_are_raised_and_no_other() -> None:
    raised = raised_codes()
    assert set(PROBLEMS) <= raised
    # What cannot be done has the code of the outcome that it would have, and may have its words there.
    assert raised <= {*PROBLEMS, *OUTCOMES}


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_says_what_is_wrong_and_what_to_do_in_both_languages(code: str) -> None:
    kind = PROBLEMS[code]
    for words in (kind.meaning, kind.remedy):
        assert words.english.isascii()
        assert words.english.endswith(".")
        assert words.chinese.endswith("。")
        assert re.search("[\u4e00-\u9fff]", words.chinese)
    english, chinese = (
        Problem(code, headers=None, **VALUES).document(language)["detail"] for language in Language
    )
    assert "{routes}" not in english + chinese
    assert len(english) > len(kind.meaning.english)


def test_a_title_is_the_phrase_of_its_status() -> None:
    # 409 is for what an administrator asks for in vain; its texts are those of the outcomes.
    assert {*(kind.status for kind in PROBLEMS.values()), 409} == set(TITLES)
    for status, title in TITLES.items():
        assert title.english == RENAMED.get(status, HTTPStatus(status).phrase)


CALLS = [
    ("/nowhere", "unknown_route"),
    ("/people/.x", "invalid_person"),
    ("/people/nobody", "unknown_person"),
    ("/people/%ff", "unreadable_request"),
    ("/jobs/x", "invalid_job"),
    ("/requests/1", "unknown_request"),
    ("/schemas/result-0.json", "unknown_schema"),
    (f"/jobs/{JOB_ID}", "unknown_job"),
]


@pytest.mark.parametrize(("path", "code"), CALLS)
@BOTH
def test_a_problem_is_told_in_the_language_that_is_asked_for(wsgi: bool, path: str, code: str) -> None:
    api = Api(wsgi=wsgi)
    english, chinese = api.call(path), api.call(path, headers=CHINESE)
    assert_problem(chinese, english.status, code)
    assert (english.headers["Content-Language"], chinese.headers["Content-Language"]) == ("en", "zh")
    assert english.headers["Vary"] == chinese.headers["Vary"] == "Accept-Language"
    for name in ("title", "detail"):
        assert document(english)[name].isascii()
        assert re.search("[\u4e00-\u9fff]", document(chinese)[name])


def test_a_missing_token_is_told_in_chinese_too() -> None:
    response = Api().call("/jobs", headers=CHINESE, token=None)
    assert_problem(response, 401, "unauthorized")
    assert "STATUS_TOKEN" in document(response)["detail"]
    assert document(response)["title"] == "未授权"


def test_an_unknown_route_names_the_routes_and_a_page_that_exists() -> None:
    detail = document(Api().call("/nowhere"))["detail"]
    assert REFERENCE_PAGE in detail
    assert (ROOT / REFERENCE_PAGE).is_file()
    assert [route.path for route in ROUTES if route.path not in detail] == []


def test_an_unknown_state_is_answered_with_the_known_ones() -> None:
    detail = document(Api().call("/jobs", {"state": "RUNNING"}))["detail"]
    assert "COLLECTING" in detail
    assert "TRAINING" in detail


def test_a_path_that_looks_like_the_pattern_of_a_route_is_a_name_like_any_other() -> None:
    assert_problem(Api().call("/people/%7Bperson_id%7D"), 404, "unknown_person")


def test_a_brace_in_a_parameter_is_no_place_to_be_filled() -> None:
    response = Api().call("/jobs", {"{known}": "x"})
    assert_problem(response, 400, "unknown_parameter")
    assert "'{known}'" in document(response)["detail"]
