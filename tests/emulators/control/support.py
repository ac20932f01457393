"""A cloud of three services with its controls, without servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import requests

from aliyun_local.clock import ControlledClock
from aliyun_local.control import Controls
from aliyun_local.credentials import AnyAccessKey
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.emulators import Emulators
from aliyun_local.serving.wire import Front, Response
from tests.emulators.direct_requests import direct_request


class Steered:
    """A cloud with its controls; a reset makes new emulators. A context manager."""

    def __init__(self) -> None:
        self.clock = ControlledClock()
        self.emulators = self._new()
        self.resets = 0
        self.controls = Controls(
            self.clock,
            fronts=lambda: self.fronts,
            behaviour=lambda: self.emulators.studio.behaviour,
            default_behaviour=Behaviour,
            oss_behaviour=lambda: self.emulators.oss_behaviour,
            ledger=lambda: self.emulators.studio.ledger(),
            reset=self._reset,
        )

    def __enter__(self) -> Steered:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.emulators.close()

    @property
    def fronts(self) -> dict[str, Front]:
        return self.emulators.fronts

    def ask(
        self,
        service: str,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Ask a service by its short name."""
        return self.fronts[service](direct_request(method, target, headers=headers, body=body))

    def _new(self) -> Emulators:
        return Emulators(None, self.clock, AnyAccessKey(self.clock), Behaviour())

    def _reset(self) -> None:
        self.resets += 1
        before, self.emulators = self.emulators, self._new()
        before.close()


class Control(Protocol):
    """Asks a control over HTTP on loopback."""

    def __call__(self, method: str, path: str, body: object = None) -> requests.Response:
        """Ask for ``path`` under the path of the controls, with ``body`` as JSON if it is not None."""
