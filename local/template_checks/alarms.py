"""Checks of alarms: they look at the functions' logs, for lines that the code writes, and say what to do.

An alarm without its line never fires, and nobody would notice. Tests play the queries on lines of real runs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from aliyun_local.template import Resources
from local.packaging import OWN_PACKAGES, ROOT

KIND = "ALIYUN::SLS::Alert"
RUNBOOK = ROOT / "docs" / "runbook.md"
_EVENT = re.compile(r'"event": "(\w+)"')
_FIELDS = re.compile(r"\b(message|errorType|functionName)\b")


def findings(document: Mapping[str, Any], resources: Resources) -> list[str]:
    """Return what is wrong with the alarms."""
    logs = {
        (config.get("Project"), config.get("Logstore"))
        for properties in resources.properties.values()
        if (config := properties.get("LogConfig"))
    }
    analysed = {
        key["Name"]
        for properties in resources.properties.values()
        for key in properties.get("KeyIndices", [])
        if key.get("EnableAnalytics")
    }
    found = []
    for name, properties in resources.properties.items():
        if document["Resources"][name]["Type"] == KIND:
            configuration = properties["Detail"]["Configuration"]
            problems = [
                *_queries(configuration, logs, analysed),
                *_told(properties["Detail"]["Name"], configuration),
            ]
            found += [f"Resources.{name}: {problem}" for problem in problems]
    return found


def _queries(configuration: Mapping[str, Any], logs: set[Any], analysed: set[str]) -> Iterator[str]:
    for query in configuration["QueryList"]:
        if (query.get("Project"), query.get("Store")) not in logs:
            yield f"it looks at {query.get('Project')}/{query.get('Store')}, where no function logs"
        text = query["Query"]
        for event in _EVENT.findall(text):
            if event not in events_of_the_code():
                yield f"no line of the functions has the event {event!r}"
        for field in sorted(set(_FIELDS.findall(text)) - analysed):
            yield f"the index does not analyse {field}, which the query counts by"


def _told(name: str, configuration: Mapping[str, Any]) -> Iterator[str]:
    if not configuration.get("PolicyConfiguration", {}).get("ActionPolicyId"):
        yield "nobody is told: it has no action policy"
    links = [one["Value"] for one in configuration.get("Annotations", []) if one["Key"] == "runbook"]
    if not any(link.endswith(f"#{name}") for link in links):
        yield f"it links to no section {name} of the runbook"
    headings = re.findall(r"^### (.+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    if name not in {heading.lower().replace(" ", "-") for heading in headings}:
        yield f"docs/runbook.md has no section {name}"


@cache
def events_of_the_code() -> frozenset[str]:
    """Return the names of all events that the functions log."""
    return frozenset(
        first.value
        for package in OWN_PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("log", "warn") and node.args
        for first in ast.walk(node.args[0])
        if isinstance(first, ast.Constant) and isinstance(first.value, str)
    )
