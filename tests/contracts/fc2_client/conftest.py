"""The official client of the API of 2016, ``fc2``, against a local Function Compute on loopback."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.emulators.function_compute.support import KEY_ID, SECRET, LocalFunctions, start

with warnings.catch_warnings():
    # Compares with literals by identity, which newer Pythons remark on while they compile it.
    warnings.simplefilter("ignore")
    import fc2


@pytest.fixture(scope="session")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFunctions]:
    running = start(tmp_path_factory.mktemp("fc2"))
    yield running
    running.close()


@pytest.fixture(scope="session")
def connect(functions: LocalFunctions) -> Callable[..., Any]:
    def make(key_id: str = KEY_ID, secret: str = SECRET, token: str = "") -> Any:
        return fc2.Client(
            endpoint=functions.api.url, accessKeyID=key_id, accessKeySecret=secret, securityToken=token
        )

    return make


@pytest.fixture(scope="session")
def client(connect: Callable[..., Any]) -> Any:
    return connect()
