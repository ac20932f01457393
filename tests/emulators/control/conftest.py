"""Emulators behind a server with its controls, on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from aliyun_local.control import CONTROL_PATH, ControlledServer
from aliyun_local.serving.server import LoopbackServer
from tests.emulators.control.support import Control, Steered


@pytest.fixture
def steered() -> Iterator[Steered]:
    with Steered() as made:
        yield made


@pytest.fixture
def served(steered: Steered) -> ControlledServer:
    return ControlledServer(steered.fronts["oss"], steered.controls)


@pytest.fixture
def control(served: ControlledServer) -> Iterator[Control]:
    with LoopbackServer(served) as server, requests.Session() as session:
        session.trust_env = False

        def ask(method: str, path: str, body: object = None) -> requests.Response:
            return session.request(method, f"{server.url}{CONTROL_PATH}{path}", json=body, timeout=10)

        yield ask
