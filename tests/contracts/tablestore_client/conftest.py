"""Fixtures: a Tablestore on loopback, and the outcomes of promises in other processes."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aliyun_local.clock import SystemClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front
from aliyun_local.tablestore.http.responses import TablestoreService
from aliyun_local.tablestore.store.models import TableStore
from tests.contracts.tablestore_client.clients import Client, Outcomes
from tests.contracts.tablestore_client.contract.calls import INSTANCE, KEY_ID, SECRET


@contextmanager
def running_service() -> Iterator[str]:
    clock = SystemClock()
    keys = AccessKeys(clock)
    keys.add(KEY_ID, SECRET)
    store = TableStore(None, clock)
    store.create_instance(INSTANCE)
    with LoopbackServer(Front(TablestoreService(store, keys, clock))) as server:
        yield server.url
    store.close()


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    with running_service() as address:
        yield address


@pytest.fixture(scope="session")
def outcomes_of(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[Client], Outcomes]:
    """The outcomes of all promises to a client in another process, which runs once in a test run.

    Test workers share the outcomes in files, under a lock of the file system.
    """
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    known: dict[str, Outcomes] = {}

    def ask(client: Client) -> Outcomes:
        if client.name not in known:
            stem = client.name.replace(" ", "-")
            outcomes, scratch = shared / f"{stem}.json", shared / stem
            with (shared / f"{stem}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not outcomes.exists():
                    outcomes.write_text(json.dumps(_outcomes(client, scratch)))
                known[client.name] = json.loads(outcomes.read_text())
        return known[client.name]

    return ask


def _outcomes(client: Client, scratch: Path) -> Outcomes:
    scratch.mkdir()
    with running_service() as address:
        return client.ask(address, scratch)
