"""What all unit tests stand on: they reach no network and no clock of the machine's decides them."""

from __future__ import annotations

import socket
import warnings

import pytest

with warnings.catch_warnings():
    # The Tablestore client's C++ codec is built for CPython 3.12 alone and says so on every other version.
    warnings.filterwarnings("ignore", "OTS C\\+\\+ SDK extension", ImportWarning)
    import tablestore  # noqa: F401  (imported here once, so that no test module meets the warning)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that opens a connection."""

    def refuse(*_: object) -> None:
        raise AssertionError("a unit test tried to open a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
