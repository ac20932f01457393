"""Fixtures: emulators of Tablestore on loopback, and a sender of signed requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulators.tablestore.mails import KEY, put
from tests.emulators.tablestore.support import Emulator, Sender, StartEmulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator in memory."""
    running = Emulator()
    yield running
    running.close()


@pytest.fixture
def start() -> Iterator[StartEmulator]:
    """A function that starts emulators, all of which are closed after the test."""
    running: list[Emulator] = []

    def start_emulator(
        data: Path | None = None, *, index_lag_seconds: float = 0.0, local_transactions: bool = True
    ) -> Emulator:
        running.append(
            Emulator(data, index_lag_seconds=index_lag_seconds, local_transactions=local_transactions)
        )
        return running[-1]

    yield start_emulator
    for emulator in running:
        emulator.close()


@pytest.fixture
def send(emulator: Emulator) -> Sender:
    """A sender of signed requests to the emulator."""
    return Sender(emulator)


@pytest.fixture
def mails(emulator: Emulator) -> Emulator:
    """An emulator with a table of mails."""
    emulator.create("mails", key=KEY)
    for mail in (1, 3, 5):
        put(emulator, "zhang", mail, 0)
    put(emulator, "li", 1, 0)
    return emulator
