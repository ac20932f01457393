"""The pixels that all decoders share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aliyun_local.pixel_budget import DECODING, PixelBudget

PATIENCE_SECONDS = 10


class Decoder(threading.Thread):
    """Holds pixels of a budget from ``began`` until ``end`` is set."""

    def __init__(self, budget: PixelBudget, pixels: int) -> None:
        super().__init__(daemon=True)
        self._budget, self._pixels = budget, pixels
        self.asked, self.began, self.end = threading.Event(), threading.Event(), threading.Event()
        self.start()
        self.asked.wait(PATIENCE_SECONDS)

    def run(self) -> None:
        self.asked.set()
        with self._budget.reserved(self._pixels):
            self.began.set()
            self.end.wait(PATIENCE_SECONDS)


@contextmanager
def decoding(budget: PixelBudget, pixels: int) -> Iterator[Decoder]:
    decoder = Decoder(budget, pixels)
    yield decoder
    decoder.end.set()
    decoder.join(PATIENCE_SECONDS)


def test_decoders_share_the_budget_and_wait_for_what_is_not_there() -> None:
    budget = PixelBudget(100)
    with decoding(budget, 60) as first, decoding(budget, 40) as second:
        assert first.began.wait(PATIENCE_SECONDS)
        assert second.began.wait(PATIENCE_SECONDS)
        with decoding(budget, 10) as third:
            assert not third.began.wait(0.05)
            second.end.set()
            assert third.began.wait(PATIENCE_SECONDS)


def test_a_picture_above_the_whole_budget_is_decoded_alone_and_not_overtaken() -> None:
    budget = PixelBudget(100)
    with decoding(budget, 1) as small, decoding(budget, 10**9) as large:
        assert small.began.wait(PATIENCE_SECONDS)
        assert not large.began.wait(0.05)
        with decoding(budget, 1) as late:
            assert not late.began.wait(0.05)
            small.end.set()
            assert large.began.wait(PATIENCE_SECONDS)
            assert not late.began.is_set()
            large.end.set()
            assert late.began.wait(PATIENCE_SECONDS)


def test_a_decoder_that_fails_gives_its_pixels_back() -> None:
    budget = PixelBudget(100)
    for _ in range(3):
        try:
            with budget.reserved(100):
                raise ValueError
        except ValueError:
            pass
    with decoding(budget, 100) as last:
        assert last.began.wait(PATIENCE_SECONDS)


def test_the_largest_picture_of_oss_fits_once() -> None:
    with decoding(DECODING, 250_000_000) as first, decoding(DECODING, 1) as second:
        assert first.began.wait(PATIENCE_SECONDS)
        assert not second.began.wait(0.05)
