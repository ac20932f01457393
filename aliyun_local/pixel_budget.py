"""How many pixels the services may decode at once, over all of them.

A picture of under a megabyte can unfold to hundreds of megapixels, at up to 4 bytes each. The limits of OSS
allow it, so a local OSS takes it too, but not several at a time. OSS's image processing and DashScope's
inspection of photos reserve their pixels here, by the size in the picture's header.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class PixelBudget:
    """A number of pixels that decoders share. They get them in the order in which they ask."""

    def __init__(self, pixels: int) -> None:
        """Share ``pixels``."""
        self._pixels = pixels
        self._used = 0
        self._changed = threading.Condition()
        self._entrance = threading.Lock()

    @contextmanager
    def reserved(self, pixels: int) -> Iterator[None]:
        """Wait for ``pixels`` and hold them; a picture above the whole budget waits until it is alone."""
        pixels = min(pixels, self._pixels)
        # Whoever waits holds the entrance, so that a large picture is not overtaken for ever by small ones.
        with self._entrance, self._changed:
            self._changed.wait_for(lambda: self._used + pixels <= self._pixels)
            self._used += pixels
        try:
            yield
        finally:
            with self._changed:
                self._used -= pixels
                self._changed.notify()


DECODING = PixelBudget(250_000_000)
"""The budget of this process: one picture of the largest size that OSS takes, or ten of a good phone's."""
