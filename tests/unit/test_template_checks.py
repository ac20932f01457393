"""Our own checks of the template know the code's tables, columns and rights, and find nothing wrong today."""

from __future__ import annotations

import pytest

from local import template_checks
from local.packaging import ROOT
from local.template_checks import rights, stored_data
from local.template_checks.all_checks import EXAMPLE_PARAMETERS
from shared.clients import (
    control_table,
    job_rows,
    job_table,
    people_index,
    request_table,
    seen_table,
)
from shared.domain.states import JobState
from tests.unit.support import job_in
from tests.unit.test_roles import PERMISSIONS

TEXT = (ROOT / "template.yml").read_text(encoding="utf-8")
TAKEN_OVER = dict.fromkeys(("CreateBucket", "CreateInstance", "CreateTables"), "off")


def test_nothing_is_wrong_with_the_template() -> None:
    assert template_checks.findings(TEXT) == []


def test_nothing_is_wrong_where_bucket_instance_and_tables_are_taken_over() -> None:
    assert template_checks.findings(TEXT, {**EXAMPLE_PARAMETERS, **TAKEN_OVER}) == []


@pytest.mark.parametrize("text", ["", "a: [", "Resources: {A: {}}"])
def test_what_is_no_template_is_a_finding(text: str) -> None:
    assert len(template_checks.findings(text)) == 1


def test_the_tables_and_indexes_are_those_of_the_clients() -> None:
    modules = (job_table, control_table, request_table, seen_table)
    assert set(stored_data.KEYS) == {module.TABLE for module in modules}
    assert set(stored_data.INDEXES) == {job_table.IN_HAND, job_table.BY_STATE, people_index.BY_NAME}


def test_the_columns_have_the_types_that_the_client_writes() -> None:
    columns = job_rows.to_columns(job_in(JobState.QUEUED))
    spelt = {int: "INTEGER", str: "STRING"}
    assert {name: spelt[type(columns[name])] for name in stored_data.COLUMNS} == stored_data.COLUMNS


def test_the_rights_are_those_that_have_a_reason() -> None:
    for name in ("collect", "reconcile", "status"):
        assert rights.ACTIONS[name] == set(PERMISSIONS[f"{name.capitalize()}Role"])
    assert set(PERMISSIONS["TriggerRole"]) == rights.TRIGGER_ACTIONS
