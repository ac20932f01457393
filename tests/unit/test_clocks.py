"""Moments that another run's clock has written: what is believed of them."""

from __future__ import annotations

import pytest

from shared.domain.clocks import CLOCKS_DIFFER_MS, has_come, is_ahead
from tests.unit.support import NOW

HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("moment", "come"),
    [
        (0, True),
        (NOW, True),
        (NOW + 1, False),
        (NOW + HOUR_MS, False),
        # Two right clocks may be so far apart: the longest wait is kept by both.
        (NOW + HOUR_MS + CLOCKS_DIFFER_MS, False),
        (NOW + HOUR_MS + CLOCKS_DIFFER_MS + 1, True),
        (2**62, True),
    ],
)
def test_a_wait_ends_at_its_moment_and_one_that_no_right_clock_would_order_is_not_kept(
    moment: int, come: bool
) -> None:
    assert has_come(moment, NOW, longest_ms=HOUR_MS) is come


@pytest.mark.parametrize(
    ("moment", "ahead"), [(0, False), (NOW + CLOCKS_DIFFER_MS, False), (NOW + CLOCKS_DIFFER_MS + 1, True)]
)
def test_what_has_happened_later_than_clocks_differ_was_written_by_a_fast_clock(
    moment: int, ahead: bool
) -> None:
    assert is_ahead(moment, NOW) is ahead
