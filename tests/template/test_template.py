"""``template.yml`` under the ROS team's classes and validator, the API's models, and our own checks."""

from __future__ import annotations

import pytest

from local.packaging import ROOT
from tests.template.checks import CHECKS


@pytest.mark.parametrize("check", CHECKS)
def test_nothing_is_found_in_the_template(check: str) -> None:
    assert CHECKS[check]((ROOT / "template.yml").read_text(encoding="utf-8")) == []
