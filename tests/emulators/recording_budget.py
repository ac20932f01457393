"""A budget of pixels that remembers what was taken from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aliyun_local.pixel_budget import PixelBudget


class RecordingBudget(PixelBudget):
    """A large budget; ``taken`` are the pixels that were reserved, in order."""

    def __init__(self) -> None:
        super().__init__(10**9)
        self.taken: list[int] = []

    @contextmanager
    def reserved(self, pixels: int) -> Iterator[None]:
        self.taken.append(pixels)
        with super().reserved(pixels):
            yield
