"""One cloud for all tests of a module: each upload is a person's of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .support import Studio, open_studio


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with pytest.MonkeyPatch.context() as patch, open_studio(patch) as studio:
        yield studio
