"""Emulators behind a server with its controls, on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests

from aliyun_local.clock import ControlledClock
from aliyun_local.control import ControlledServer, Controls
from aliyun_local.credentials import AnyAccessKey
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.emulators import Emulators
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front, Headers, Request, Response


class Steered:
    """A cloud of three services with its controls; a reset makes new emulators."""

    def __init__(self) -> None:
        self.clock = ControlledClock()
        self.emulators = self._new()
        self.resets = 0
        self.controls = Controls(
            self.clock,
            fronts=lambda: self.fronts,
            behaviour=lambda: self.emulators.studio.behaviour,
            default_behaviour=Behaviour,
            reset=self._reset,
        )

    @property
    def fronts(self) -> dict[str, Front]:
        return self.emulators.fronts

    def ask(self, service: str, method: str, path: str, body: bytes = b"", **headers: str) -> Response:
        raw_path, _, raw_query = path.partition("?")
        return self.fronts[service](
            Request(
                method=method,
                host="127.0.0.1",
                raw_path=raw_path,
                raw_query=raw_query,
                headers=Headers(headers),
                body=body,
            )
        )

    def _new(self) -> Emulators:
        return Emulators(None, self.clock, AnyAccessKey(self.clock), Behaviour())

    def _reset(self) -> None:
        self.resets += 1
        before, self.emulators = self.emulators, self._new()
        before.close()


@pytest.fixture
def steered() -> Iterator[Steered]:
    made = Steered()
    yield made
    made.emulators.close()


Ask = Callable[..., requests.Response]


@pytest.fixture
def served(steered: Steered) -> ControlledServer:
    return ControlledServer(steered.fronts["oss"], steered.controls)


@pytest.fixture
def control(served: ControlledServer) -> Iterator[Ask]:
    """Ask a control over HTTP on loopback."""
    with LoopbackServer(served) as server, requests.Session() as session:
        session.trust_env = False

        def ask(method: str, path: str, body: object = None, **options: object) -> requests.Response:
            if body is not None:
                options["json"] = body
            return session.request(method, f"{server.url}/_control{path}", timeout=10, **options)  # type: ignore[arg-type]

        yield ask
