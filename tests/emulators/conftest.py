"""For the tests of all emulators: nothing that an emulator says goes undocumented."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulators.said_errors import listen


@pytest.fixture(autouse=True)
def _errors_are_documented(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test in which an emulator answers with an error that its error table does not have."""
    said = listen(monkeypatch)
    yield
    undocumented = [error for error in dict.fromkeys(said) if not error.is_documented]
    assert not undocumented, f"not in the service's error_table: {undocumented}"
