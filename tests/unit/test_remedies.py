"""Every trouble in plain words with what to do, in both languages: of the services and of our own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from local.packaging import ROOT
from shared.domain.reasons import Words
from shared.domain.remedies import REFUSALS, SERVICE_OF, explanation
from shared.domain.remedies_of_our_own import OUR_OWN
from shared.domain.remedies_of_services import CODES, OF_SERVICES
from shared.domain.retry_state import Cause
from shared.domain.trouble_kinds import Api, Kind, Service
from shared.domain.trouble_tables import TABLES

WORDS_OF_THE_SERVICE = "The words of the service"
HELPERS = {"Cause", "_of_unknown_kind", "UnusableAnswer"}
"""What makes a trouble beside the classes of troubles."""


def causes_of_the_tables() -> Iterator[Cause]:
    """Every code that the tables of kinds know, from every API of its service."""
    for api, service in SERVICE_OF.items():
        for row in TABLES[service]:
            yield Cause(row.code, f"{WORDS_OF_THE_SERVICE} {row.says}", row.kind, api)


def our_codes() -> set[str]:
    """The codes of the troubles that the code itself makes, found in its source."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "shared").rglob("*.py")]
    makers = {"Trouble"}
    for _ in range(3):
        makers |= {
            node.name
            for tree in trees
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and makers & {ast.unparse(base) for base in node.bases}
        }
    return {
        argument.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in makers | HELPERS
        for argument in node.args[:2]
        if isinstance(argument, ast.Constant)
        and isinstance(argument.value, str)
        and re.fullmatch("[a-z_]+", argument.value)
    }


def assert_plain(words: Words) -> None:
    assert words.english.isascii()
    assert words.english[0].isupper()
    assert words.english.endswith(".")
    assert words.chinese.endswith("。")
    assert any("\u4e00" <= character <= "\u9fff" for character in words.chinese)


@pytest.mark.parametrize("cause", list(causes_of_the_tables()), ids=lambda cause: f"{cause.api}-{cause.code}")
def test_every_code_of_the_tables_has_words_and_a_remedy_in_both_languages(cause: Cause) -> None:
    told = explanation(cause)
    assert_plain(told.message)
    assert_plain(told.remedy)


def test_every_code_of_our_own_has_words_and_a_remedy_that_are_its_own() -> None:
    codes = our_codes()
    assert {
        "unforeseen",
        "no_output",
        "submit_lost",
        "daily_limit",
        "fine_tunes_full",
        "unreachable",
    } <= codes
    of_services = {code for coded in CODES.values() for one in coded for code in one.codes}
    assert codes - set(OUR_OWN) - of_services == set()


@pytest.mark.parametrize("told", [*OUR_OWN.values(), *OF_SERVICES.values()])
def test_every_sentence_is_a_plain_one(told: tuple[Words, Words]) -> None:
    for words in told:
        assert_plain(words)
        assert set(words.chinese) & set(",;:?!()'\"") == set()


@pytest.mark.parametrize("api", [*Api, None])
@pytest.mark.parametrize("kind", Kind)
def test_a_code_that_nobody_knows_is_told_by_its_api_and_kind_in_the_services_own_words(
    api: Api | None, kind: Kind
) -> None:
    told = explanation(Cause("NeverHeardOf.It", WORDS_OF_THE_SERVICE, kind, api))
    assert_plain(told.message)
    assert_plain(told.remedy)
    if told.name in {name for name, _ in REFUSALS.values()}:
        for text in told.message:
            assert WORDS_OF_THE_SERVICE in text
            assert "NeverHeardOf.It" in text


@pytest.mark.parametrize(
    ("code", "message", "kind", "api", "name"),
    [
        ("InvalidApiKey", "", Kind.ACCOUNT, Api.FACE_CHECK, "wrong_key"),
        ("http_401", "", Kind.ACCOUNT, Api.TRAINING, "wrong_key"),
        ("Arrearage", "", Kind.ACCOUNT, Api.TRAINING, "arrears"),
        ("UserDisable", "", Kind.ACCOUNT, Api.LISTING, "arrears"),
        ("AccessDenied.Unpurchased", "", Kind.ACCOUNT, Api.FACE_CHECK, "no_facechain"),
        ("Model.AccessDenied", "", Kind.API, Api.TRAINING, "no_facechain"),
        ("InvalidParameter", "Model not exist.", Kind.API, Api.FACE_CHECK, "no_facechain"),
        ("Throttling", "Only 20 fine-tune job in running or succeeded", Kind.API, None, "step_failed"),
        ("Throttling", "Only 20 fine-tune job in running", Kind.API, Api.TRAINING, "fine_tunes_full"),
        ("Throttling.RateQuota", "too many", Kind.PASSING, Api.TRAINING, "dashscope_busy"),
        ("InvalidParameter.DataInspection", "", Kind.UNKNOWN, Api.FACE_CHECK, "photos_not_fetched"),
        ("InvalidParameter", "odd", Kind.UNKNOWN, Api.TRAINING, "training_refused"),
        ("unreachable", "", Kind.PASSING, Api.TRAINING, "dashscope_unreachable"),
        ("AccessDenied", "", Kind.ACCOUNT, Api.LISTING, "bucket_not_listed"),
        ("AccessDenied", "", Kind.API, Api.PROCESSING, "photos_not_processed"),
        ("InternalError", "", Kind.PASSING, Api.PROCESSING, "oss_busy"),
        # Nobody is served any more: then it is more than a busy hour.
        ("InternalError", "", Kind.API, Api.PROCESSING, "photos_not_processed"),
        ("OTSPartitionUnavailable", "", Kind.PERSON, Api.TABLES, "partition_busy"),
        ("fine_tunes_full", "", Kind.PASSING, None, "fine_tunes_full"),
    ],
)
def test_codes_that_mean_the_same_have_one_name(
    code: str, message: str, kind: Kind, api: Api | None, name: str
) -> None:
    assert explanation(Cause(code, message, kind, api)).name == name


def test_whoever_may_not_use_the_bucket_is_sent_to_the_rights_of_the_role() -> None:
    for api in (Api.LISTING, Api.READING, Api.PROCESSING, Api.WRITING):
        assert "template.yml" in explanation(Cause("AccessDenied", "no", Kind.API, api)).remedy.english


def test_every_code_is_of_a_service_that_has_it_and_every_name_has_words() -> None:
    for service, coded in CODES.items():
        assert service in Service
        for one in coded:
            assert one.name in {*OUR_OWN, *OF_SERVICES}
    assert set(OUR_OWN) & set(OF_SERVICES) == set()
