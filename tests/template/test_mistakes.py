"""Each deliberate mistake is found by the check that is there for it; one that none finds needs another."""

from __future__ import annotations

import re

import pytest

from local.packaging import ROOT
from tests.template.checks import CHECKS
from tests.template.mistakes.form import FORM
from tests.template.mistakes.functions import FUNCTIONS
from tests.template.mistakes.stack import STACK

MISTAKES = {**FORM, **FUNCTIONS, **STACK}
TEXT = (ROOT / "template.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found(name: str) -> None:
    mistake = MISTAKES[name]
    assert TEXT.count(mistake.old) >= 1, "the template has changed: this mistake cannot be made any more"
    found = CHECKS[mistake.check](TEXT.replace(mistake.old, mistake.new, 1))
    assert [finding for finding in found if re.search(mistake.says, finding)], found


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_is_needed_for_some_mistake(check: str) -> None:
    assert check in {mistake.check for mistake in MISTAKES.values()}


def test_no_two_mistakes_have_one_name() -> None:
    # docs/template.md tells how many there are.
    assert len(MISTAKES) == len(FORM) + len(FUNCTIONS) + len(STACK) > 80
