"""The official client of the API of 2016, ``fc2``, against a local Function Compute on loopback."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import pytest

from tests.emulators.function_compute.support import KEY_ID, SECRET, LocalFunctions, start

with warnings.catch_warnings():
    # Compares with literals by identity, which newer Pythons remark on while they compile it.
    warnings.simplefilter("ignore")
    import fc2


@pytest.fixture(scope="session")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFunctions]:
    with start(tmp_path_factory.mktemp("fc2")) as running:
        yield running


@pytest.fixture(scope="session")
def connect(functions: LocalFunctions) -> Callable[..., fc2.Client]:
    def make(key_id: str = KEY_ID, secret: str = SECRET, token: str = "") -> fc2.Client:
        return fc2.Client(
            endpoint=functions.api.url, accessKeyID=key_id, accessKeySecret=secret, securityToken=token
        )

    return make


@pytest.fixture(scope="session")
def client(connect: Callable[..., fc2.Client]) -> fc2.Client:
    return connect()
