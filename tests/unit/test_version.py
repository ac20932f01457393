"""There is one version: of the product, of aliyun-local, and of both distributions."""

from __future__ import annotations

import re

from aliyun_local import version as aliyun_local_version
from local.packaging import ROOT
from shared import version


def test_all_say_the_same_version() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    declared = re.search(r'^version = "(.+)"$', project, re.MULTILINE)
    assert declared is not None
    assert declared[1] == version.VERSION == aliyun_local_version.VERSION


def test_the_licence_of_aliyun_local_is_that_of_the_repository() -> None:
    assert (ROOT / "aliyun_local" / "LICENSE").read_text("utf-8") == (ROOT / "LICENSE").read_text("utf-8")
