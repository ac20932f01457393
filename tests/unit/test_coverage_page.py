"""The page of what the local cloud serves says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aliyun_local import coverage
from aliyun_local.coverage import PAGE, coverages, page
from aliyun_local.dashscope.http import api_operations as dashscope_api
from aliyun_local.dashscope.http import operations as dashscope
from aliyun_local.oss.http import api_operations as oss_api
from aliyun_local.oss.http import operations as oss


def test_the_page_is_the_one_that_the_code_makes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m aliyun_local.coverage"


def test_no_operation_is_both_served_and_missing() -> None:
    for one in coverages():
        assert one.served & one.missing == set(), one.title


def test_every_api_has_something_that_is_served_and_something_that_is_not() -> None:
    assert all(one.served and one.missing for one in coverages())


def test_a_served_operation_has_the_name_that_the_api_gives_it() -> None:
    assert {operation.name for operation in oss.OPERATIONS} - oss_api.API_OPERATIONS == set()
    assert {operation.name for operation in dashscope.OPERATIONS} - dashscope_api.API_OPERATIONS == set()


def test_every_operation_stands_on_the_page_once_with_its_tick() -> None:
    sections = re.split(r"^## ", page(), flags=re.MULTILINE)[1:]
    assert len(sections) == len(list(coverages()))
    for one, section in zip(coverages(), sections, strict=True):
        ticks = re.findall(r"^- \[([x ])\] (\w+)$", section, re.MULTILINE)
        assert {name for tick, name in ticks if tick == "x"} == one.served
        assert {name for tick, name in ticks if tick == " "} == one.missing
        assert len(ticks) == len(one.served | one.missing)


def test_the_counts_at_the_top_are_those_of_the_lists_below() -> None:
    top = page().partition("\n## ")[0]
    for one in coverages():
        served, known = map(int, one.count.split(" of "))
        assert f"| {one.title} | {served} of {known} |" in top
        assert (served, known) == (len(one.served), len(one.served) + len(one.missing))


def test_the_command_writes_the_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(coverage, "PAGE", tmp_path / "COVERAGE.md")
    assert coverage.main() == 0
    assert (tmp_path / "COVERAGE.md").read_text(encoding="utf-8") == page()
    assert " of " in capsys.readouterr().out
