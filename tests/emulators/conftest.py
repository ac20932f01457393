"""For the tests of all emulators: nothing that an emulator says goes undocumented."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulators.said_errors import only_documented_errors


@pytest.fixture(autouse=True)
def _errors_are_documented(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with only_documented_errors(monkeypatch):
        yield
