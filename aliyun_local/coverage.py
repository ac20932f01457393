"""Writes the page of the operations that the local cloud serves: ``python -m aliyun_local.coverage``.

Ticked operations stand in a service's routing table. The others come from the lists of the real APIs'
operations beside those tables. The page thus shows each gap before a client meets it.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aliyun_local.dashscope.http import api_operations as dashscope_api
from aliyun_local.dashscope.http import operations as dashscope
from aliyun_local.function_compute.http import api_operations as function_compute_api
from aliyun_local.function_compute.http import operations as function_compute
from aliyun_local.log_service.http import api_operations as log_service_api
from aliyun_local.log_service.http import responses as log_service
from aliyun_local.oss.http import api_operations as oss_api
from aliyun_local.oss.http import operations as oss
from aliyun_local.ros.http import api_operations as ros_api
from aliyun_local.ros.http import operations as ros
from aliyun_local.tablestore.http import operations as tablestore

PAGE = Path(__file__).with_name("COVERAGE.md")
_HEAD = """\
# What the local cloud serves

Every operation of the real services' APIs: ticked if the local cloud serves it; asking for another one is
answered by the service's own error. `python -m aliyun_local.coverage` writes this page
from the tables that route requests, and a test compares the two.
"""


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """One API: the names of the operations that are served, and of those that are known and not served."""

    title: str
    served: frozenset[str]
    missing: frozenset[str]

    @property
    def count(self) -> str:
        """How many of how many are served."""
        return f"{len(self.served)} of {len(self.served | self.missing)}"


def coverages() -> Iterator[Coverage]:
    """Return every API of which the local cloud serves operations."""
    yield _within("OSS", (operation.name for operation in oss.OPERATIONS), oss_api.API_OPERATIONS)
    yield Coverage(
        title="Tablestore", served=frozenset(tablestore.OPERATIONS), missing=frozenset(tablestore.REFUSED)
    )
    yield _within(
        "DashScope: fine-tunes, files, tasks and FaceChain",
        (operation.name for operation in dashscope.OPERATIONS),
        dashscope_api.API_OPERATIONS,
    )
    yield _within("Simple Log Service", log_service.OPERATIONS, log_service_api.API_OPERATIONS)
    for generation, version in (
        ("3.0", function_compute_api.VERSION_2023),
        ("2.0", function_compute_api.VERSION_2016),
    ):
        yield Coverage(
            title=f"Function Compute {generation}: API of {version}",
            served=frozenset(
                operation.name for operation in function_compute.OPERATIONS if operation.version == version
            ),
            missing=function_compute_api.REFUSED[version],
        )
    yield Coverage(
        title=f"Resource Orchestration Service: API of {ros.VERSION}",
        served=frozenset(ros.OPERATIONS),
        missing=ros_api.REFUSED,
    )


def page() -> str:
    """Return the page."""
    found = list(coverages())
    lines = [_HEAD, "| API | served |", "|---|---|"]
    lines += [f"| {one.title} | {one.count} |" for one in found]
    for one in found:
        lines += ["", f"## {one.title}", ""]
        for name in sorted(one.served | one.missing):
            lines.append(f"- [{'x' if name in one.served else ' '}] {name}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the page; returns the exit status."""
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
    for one in coverages():
        print(f"  {one.title:<50} {one.count}")
    return 0


def _within(title: str, names: Iterable[str], known: Collection[str]) -> Coverage:
    served = frozenset(names)
    return Coverage(title=title, served=served, missing=frozenset(known) - served)


if __name__ == "__main__":
    sys.exit(main())
