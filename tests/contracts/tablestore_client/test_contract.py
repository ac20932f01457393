"""Every promise to every client that is available."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from _pytest.mark import ParameterSet

from tests.contracts.tablestore_client.clients import Client, Outcomes, every_client
from tests.contracts.tablestore_client.contract.calls import refused
from tests.contracts.tablestore_client.contract.everything import CLIENT_VERSION, SINCE, Case, promises_for


def promises_to(*, imported: bool) -> list[ParameterSet]:
    """The clients with their promises: the imported clients, or those of other processes."""
    return [
        pytest.param(client, promised, id=f"{client.name}: {promised}")
        for client in every_client()
        if (client.python is None) is imported
        for promised in promises_for(CLIENT_VERSION if imported else client.version)
    ]


@pytest.fixture(scope="module")
def cases(url: str) -> Iterator[dict[str, Case]]:
    """A case for each client of this process."""
    cases = {one.name: Case(url, **one.options) for one in every_client() if one.python is None}
    yield cases
    for case in cases.values():
        case.close()


@pytest.mark.parametrize(("client", "promised"), promises_to(imported=True))
def test_the_promise_is_kept_to_the_client_that_is_imported(
    cases: dict[str, Case], client: Client, promised: str
) -> None:
    cases[client.name].keep(promised)


@pytest.mark.parametrize(("client", "promised"), promises_to(imported=False))
def test_the_promise_is_kept_to_a_client_in_a_process_of_its_own(
    outcomes_of: Callable[[Client], Outcomes], client: Client, promised: str
) -> None:
    broken = outcomes_of(client)[promised]
    assert broken is None, broken


def test_both_versions_are_tested_on_the_running_python() -> None:
    assert CLIENT_VERSION >= (6, 4)
    assert {one.version for one in list(every_client())[:3]} == {(6, 4), (5, 4, 1)}


def test_a_broken_promise_is_noticed(url: str) -> None:
    case = Case(url)
    assert len(SINCE) > 60
    with pytest.raises(AssertionError):
        refused(case.client.list_table)
    case.close()
