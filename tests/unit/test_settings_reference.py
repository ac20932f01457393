"""The reference of the settings is that of the template, and the template's bounds are those of the code."""

from __future__ import annotations

import pytest

from local.options import PARAMETERS as LOCAL_PARAMETERS
from local.settings_reference.page import PAGES, document, variables, with_tables
from shared.domain.reasons import Language
from shared.settings import ENVIRONMENT_NAMES, SettingsError, read_settings

PARAMETERS = document()["Parameters"]
NUMBERS = [name for name, one in PARAMETERS.items() if one["Type"] == "Number" and name in variables()]
CHOICES = [name for name, one in PARAMETERS.items() if "AllowedValues" in one and name in variables()]


@pytest.mark.parametrize("language", list(Language), ids=lambda language: language.value)
def test_the_reference_is_what_the_template_says(language: Language) -> None:
    text = PAGES[language].read_text(encoding="utf-8")
    assert with_tables(text, language) == text, "run python -m local.settings_reference"


@pytest.mark.parametrize("language", list(Language), ids=lambda language: language.value)
def test_every_parameter_stands_in_the_reference(language: Language) -> None:
    text = PAGES[language].read_text(encoding="utf-8")
    assert [name for name in PARAMETERS if f"| `{name}` |" not in text] == []


def test_every_variable_that_the_code_reads_is_set_by_a_parameter() -> None:
    given_by_the_platform = {"FC_REGION"}
    made_by_the_stack = {"LOG_PROJECT", "AUDIT_LOGSTORE"}
    set_by_parameters = {variable for names in variables().values() for variable in names}
    assert set(ENVIRONMENT_NAMES.values()) - given_by_the_platform - made_by_the_stack <= set_by_parameters
    assert set(LOCAL_PARAMETERS) <= set_by_parameters


@pytest.mark.parametrize("parameter", NUMBERS)
def test_the_code_takes_what_the_template_takes_and_nothing_beyond_it(parameter: str) -> None:
    low, high = PARAMETERS[parameter]["MinValue"], PARAMETERS[parameter]["MaxValue"]
    for variable in variables()[parameter]:
        for value in (low, high):
            read_settings({"ERASE_KEY": "key", variable: str(value)})
        for value in (low - 1, high + 1):
            with pytest.raises(SettingsError, match=variable):
                read_settings({"ERASE_KEY": "key", variable: str(value)})


@pytest.mark.parametrize("parameter", CHOICES)
def test_the_code_takes_each_choice_of_the_template_and_no_other(parameter: str) -> None:
    for variable in variables()[parameter]:
        for value in PARAMETERS[parameter]["AllowedValues"]:
            read_settings({"ERASE_KEY": "key", variable: str(value)})
        with pytest.raises(SettingsError, match=variable):
            read_settings({"ERASE_KEY": "key", variable: "something else"})
