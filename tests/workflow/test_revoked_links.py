"""A revoked share link opens nothing for as long as it could, on tables as the template makes them.

No run of the timer comes here: what the status function has written has to do, with the rights that it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from aliyun_local.tablestore.store.schema import Column, TableOptions
from shared.clients.request_table import TABLE, RequestTable
from shared.clients.retries import Retries
from shared.clients.rows import Rows
from shared.domain.requests import Request, request_id
from shared.http_api.sharing import DAY_SECONDS, MAX_DAYS
from tests.contracts.tablestore_client.contract.calls import INSTANCE
from tests.emulators.tablestore.support import Emulator
from tests.stack import PARAMETERS, TEMPLATE

LINK = "0123456789abcdef"


def table_of(emulator: Emulator, *, deviation_seconds: int | None = None) -> RequestTable:
    """The table of requests as the template makes it, or with another deviation."""
    (table,) = (one for one in TEMPLATE.resolve(PARAMETERS).tables if one.name == TABLE)
    options = TableOptions(
        time_to_live_seconds=table.time_to_live_seconds,
        max_versions=table.max_versions,
        max_deviation_seconds=deviation_seconds or table.max_deviation_seconds,
    )
    key = [Column(name=column.name, type=column.type) for column in table.primary_key]
    emulator.store.create_table(INSTANCE, TABLE, key, options)
    tokens = count()
    client: Any = emulator.client
    return RequestTable(Rows(client, TABLE, lambda: f"{next(tokens):016x}", Retries(sleep=lambda _: None)))


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    running = Emulator()
    yield running
    running.close()


def test_a_link_stays_revoked_until_it_ends_though_no_run_ever_notes_it(emulator: Emulator) -> None:
    table = table_of(emulator)
    ends = emulator.now_ms + MAX_DAYS * DAY_SECONDS * 1000
    table.revoke_link(LINK, ends)
    asked = Request(
        request_id=request_id(emulator.now_ms, "t"), kind="pause", asked_at=emulator.now_ms, asked_by="admin"
    )
    table.ring(asked)
    for _ in range(MAX_DAYS):
        assert table.is_link_revoked(LINK)
        emulator.clock.advance(DAY_SECONDS)
    assert table.find(asked.request_id) is None, "requests are forgotten as before"
    emulator.clock.advance(DAY_SECONDS)
    assert not table.is_link_revoked(LINK), "and so is what nobody needs any more"


def test_revoking_twice_is_revoking_once(emulator: Emulator) -> None:
    table = table_of(emulator)
    for _ in range(2):
        table.revoke_link(LINK, emulator.now_ms + DAY_SECONDS * 1000)
    assert table.is_link_revoked(LINK)


def test_on_a_table_of_an_earlier_stack_a_link_is_revoked_all_the_same(emulator: Emulator) -> None:
    table = table_of(emulator, deviation_seconds=DAY_SECONDS)
    table.revoke_link(LINK, emulator.now_ms + MAX_DAYS * DAY_SECONDS * 1000)
    assert table.is_link_revoked(LINK)
