"""Real photos, as ``make real-photos`` fetches them, and the number of faces that each shows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

FACES = {
    "biden.jpg": 1,
    "obama.jpg": 1,
    "obama2.jpg": 1,
    "obama3.jpg": 1,
    "32bit.png": 1,
    "obama_partial_face.jpg": 1,
    "obama_partial_face2.jpg": 1,
    "astronaut.png": 1,
    "chelsea.png": 0,
    "coffee.png": 0,
    "rocket.jpg": 0,
    "t1.jpg": 6,
}


def photo_of_life(name: str) -> Path:
    """Return the file of a real photo; without the photos the test fails and says what to run."""
    path = Path(sys.prefix) / "real-photos" / name
    if not path.exists():
        pytest.fail("the real photos are missing; `make real-photos` fetches them", pytrace=False)
    return path
