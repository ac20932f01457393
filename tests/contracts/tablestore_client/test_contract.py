"""Every promise, to every client that there is to speak for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contracts.tablestore_client.clients import Client, every_client
from tests.contracts.tablestore_client.contract.everything import CLIENT_VERSION, SINCE, Case, promises_for

HERE, ELSEWHERE = [], []
for client in every_client():
    for promised in promises_for(client.version if client.python else CLIENT_VERSION):
        one = pytest.param(client, promised, id=f"{client.name}: {promised}")
        (ELSEWHERE if client.python else HERE).append(one)


@pytest.fixture(scope="module")
def cases(url: str) -> Iterator[dict[str, Case]]:
    """A case for each client of this process."""
    cases = {one.name: Case(url, **one.options) for one in every_client() if one.python is None}
    yield cases
    for case in cases.values():
        case.close()


@pytest.mark.parametrize(("client", "promised"), HERE)
def test_the_promise_is_kept_to_the_client_that_is_imported(cases: dict[str, Case], client, promised) -> None:
    cases[client.name].keep(promised)


@pytest.mark.parametrize(("client", "promised"), ELSEWHERE)
def test_the_promise_is_kept_to_a_client_in_a_process_of_its_own(
    outcomes_of, client: Client, promised
) -> None:
    broken = outcomes_of(client)[promised]
    assert broken is None, broken


def test_both_versions_are_spoken_for_on_the_running_python() -> None:
    assert CLIENT_VERSION >= (6, 4)
    assert {one.version for one in list(every_client())[:3]} == {(6, 4), (5, 4, 1)}


def test_a_promise_that_is_not_kept_is_noticed(url: str) -> None:
    case = Case(url)
    assert len(SINCE) > 60
    with pytest.raises(AssertionError):
        case.refused(case.client.list_table)
    case.close()
