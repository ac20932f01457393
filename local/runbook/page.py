"""The runbooks: what blocks, what is waited for, verdicts and failed trainings, in one language each.

What an operator reads here is what the status API and the pages say, from the same tables of words, so that
the three cannot differ. Prose and alarms are written by hand. A unit test compares the pages with what this
module makes. Called by ``python -m local.runbook``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from local.api_reference.meanings import REASONS
from local.generated_tables import code, table, unescaped
from local.generated_tables import with_tables as fill
from local.packaging import ROOT
from shared.domain.reasons import CHINESE_REASONS, Language, Words
from shared.domain.remedies import REFUSALS
from shared.domain.remedies_of_our_own import OUR_OWN, Told
from shared.domain.remedies_of_services import CODES, OF_SERVICES
from shared.domain.verdict_words import VERDICTS
from shared.http_api.problem_catalogue import PROBLEMS
from shared.http_api.waiting_words import SENTENCES

PAGES = {
    Language.ENGLISH: ROOT / "docs" / "runbook.md",
    Language.CHINESE: ROOT / "docs" / "zh-CN" / "runbook.md",
}
_HEADINGS = {
    "code": Words("code", "代码"),
    "codes": Words("the service's codes", "服务返回的错误码"),
    "meaning": Words("what it means", "含义"),
    "remedy": Words("what to do", "处理办法"),
    "verdict": Words("verdict", "结论"),
    "told": Words("what is told", "提示"),
    "status": Words("status", "状态码"),
}
_LOOK_UP = Words(
    "Look the code up in the service's documents; [the template](template.md) has the rights of the roles.",
    "请在该服务的文档中查找错误码；角色的权限见[模板说明](template.md)。",
)
_PUT_TOGETHER: Mapping[str, str] = {
    "no_usable_photo": "照片集中没有可用的照片；提示会列出各张的原因和处理办法，请上传其他照片。",
    "training_failed": "百炼没有说明训练失败的原因；请检查照片，并上传更好的照片。",
}
"""Reasons whose sentence is put together for each job, in Chinese."""


def with_tables(text: str, language: Language) -> str:
    """Return the page with each of its tables made from the code."""
    return fill(text, {name: partial(make, language) for name, make in TABLES.items()})


def _headings(language: Language, *names: str) -> tuple[str, ...]:
    return tuple(_HEADINGS[name].in_language(language) for name in names)


def _told(told: Told, language: Language) -> tuple[str, str]:
    return told.message.in_language(language), told.remedy.in_language(language)


def _codes_of_services() -> dict[str, list[str]]:
    """Return the services' codes by the name of the trouble that they stand for."""
    codes: dict[str, list[str]] = {}
    for one in (coded for service in CODES.values() for coded in service):
        condition = f" (“{one.says}”)" if one.says else ""
        codes.setdefault(one.name, []).extend(f"{code(said)}{condition}" for said in one.codes)
    return codes


def _our_own(language: Language) -> str:
    rows = ((code(name), *_told(told, language)) for name, told in OUR_OWN.items())
    return table(_headings(language, "code", "meaning", "remedy"), rows)


def _of_services(language: Language) -> str:
    codes = _codes_of_services()
    rows = (
        (code(name), ", ".join(codes.get(name, [])) or "–", *_told(told, language))
        for name, told in OF_SERVICES.items()
    )
    return table(_headings(language, "code", "codes", "meaning", "remedy"), rows)


def _refusals(language: Language) -> str:
    rows = (
        (code(name), words.in_language(language), _LOOK_UP.in_language(language))
        for name, words in REFUSALS.values()
    )
    return table(_headings(language, "code", "meaning", "remedy"), rows)


def _waiting(language: Language) -> str:
    rows = ((code(name), unescaped(one.words.in_language(language))) for name, one in SENTENCES.items())
    return table(_headings(language, "code", "told"), rows)


def _verdicts(language: Language) -> str:
    rows = (
        (code(verdict.value), words.reason.in_language(language), words.remedy.in_language(language))
        for verdict, words in VERDICTS.items()
    )
    return table(_headings(language, "verdict", "meaning", "remedy"), rows)


def _reasons(language: Language) -> str:
    chinese = {**CHINESE_REASONS, **_PUT_TOGETHER}
    rows = (
        (code(name), chinese[name] if language is Language.CHINESE else meaning)
        for name, meaning in REASONS.items()
    )
    return table(_headings(language, "code", "told"), rows)


def _problems(language: Language) -> str:
    rows = (
        (
            code(name),
            str(kind.status),
            unescaped(kind.meaning.in_language(language)),
            unescaped(kind.remedy.in_language(language)),
        )
        for name, kind in sorted(PROBLEMS.items(), key=lambda entry: (entry[1].status, entry[0]))
    )
    return table(_headings(language, "code", "status", "meaning", "remedy"), rows)


TABLES: Mapping[str, Callable[[Language], str]] = {
    "our_own": _our_own,
    "of_services": _of_services,
    "refusals": _refusals,
    "waiting": _waiting,
    "verdicts": _verdicts,
    "reasons": _reasons,
    "problems": _problems,
}
