"""The official client of the API of 2023, ``alibabacloud_fc20230330``, against a local Function Compute."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import pytest

from tests.emulators.function_compute.support import KEY_ID, SECRET, LocalFunctions, start

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alibabacloud_fc20230330.client import Client
    from alibabacloud_tea_openapi.utils_models import Config


@pytest.fixture(scope="session")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFunctions]:
    with start(tmp_path_factory.mktemp("fc3")) as running:
        yield running


@pytest.fixture(scope="session")
def connect(functions: LocalFunctions) -> Callable[..., Client]:
    def make(key_id: str = KEY_ID, secret: str = SECRET, token: str | None = None, **options: str) -> Client:
        config = Config(
            access_key_id=key_id,
            access_key_secret=secret,
            security_token=token,
            endpoint=functions.api.url.removeprefix("http://"),
            protocol="http",
            **options,
        )
        return Client(config)

    return make


@pytest.fixture(scope="session")
def client(connect: Callable[..., Client]) -> Client:
    return connect()
