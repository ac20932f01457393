"""Checks of triggers: the uploads that they see, the schedule, the methods, and that limits come first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aliyun_local.function_compute.queue.schedules import Schedule
from aliyun_local.template import Resources, TemplateError
from functions.reconcile import TICK_MS
from shared.domain.object_keys import PEOPLE_PREFIX, RESULTS_PREFIX, SUBMISSIONS_PREFIX
from shared.http_api.routes import ROUTES

EVENTS = {
    "oss:ObjectCreated:PutObject",
    "oss:ObjectCreated:PostObject",
    "oss:ObjectCreated:CompleteMultipartUpload",
    "oss:ObjectCreated:CopyObject",
}
"""An event for each way in which a whole object comes to be, and none for the parts of one (OSS triggers)."""
BROWSERS = {"OPTIONS", "PUT", "DELETE"}
"""Methods beyond today's routes: uploads, erasing, and the question that a browser's page asks first."""
LIMITS = ("ALIYUN::FC3::ConcurrencyConfig", "ALIYUN::FC3::AsyncInvokeConfig")


def findings(document: Mapping[str, Any], resources: Resources) -> list[str]:
    """Return what is wrong with the triggers."""
    found = [*_uploads(resources), *_ticks(resources), *_requests(resources)]
    for name, properties in resources.properties.items():
        resource = document["Resources"][name]
        if resource["Type"] == "ALIYUN::FC3::Trigger":
            found += [f"Resources.{name}: {one}" for one in _order(document, resources, resource, properties)]
            if properties["TriggerType"] == "oss" and not properties.get("InvocationRole"):
                found.append(f"Resources.{name}: OSS has no role to call the function with")
    return found


def _uploads(resources: Resources) -> Iterator[str]:
    if len(resources.oss_triggers) != 1:
        yield "Resources: one trigger for uploads is meant"
    for trigger in resources.oss_triggers:
        place = f"trigger {trigger.name}"
        if set(trigger.events) != EVENTS:
            yield f"{place}: events are not {', '.join(sorted(EVENTS))}"
        if (trigger.prefix, trigger.suffix) != (PEOPLE_PREFIX, ""):
            yield f"{place}: the filter is not the prefix {PEOPLE_PREFIX} alone"
        for written in (SUBMISSIONS_PREFIX, RESULTS_PREFIX):
            if written.startswith(trigger.prefix):
                yield f"{place}: what the function writes to {written} calls it again, without end"
        buckets = {
            function.environment.get("OSS_BUCKET", trigger.bucket)
            for function in resources.functions.values()
        }
        if buckets != {trigger.bucket}:
            yield f"{place}: it listens to {trigger.bucket}, the functions use {', '.join(sorted(buckets))}"


def _ticks(resources: Resources) -> Iterator[str]:
    if len(resources.timer_triggers) != 1:
        yield "Resources: one timer is meant"
    for trigger in resources.timer_triggers:
        place = f"trigger {trigger.name}"
        try:
            schedule = Schedule(trigger, 0.0)
        except TemplateError as problem:
            yield str(problem)
            continue
        first = schedule.next_at
        schedule.take(first)
        if round((schedule.next_at - first) * 1000) != TICK_MS:
            yield f"{place}: the code counts on a tick every {TICK_MS // 1000} seconds"
        if not trigger.enabled:
            yield f"{place}: it is switched off"


def _requests(resources: Resources) -> Iterator[str]:
    if len(resources.http_triggers) != 1:
        yield "Resources: one HTTP trigger is meant"
    needed = {method for route in ROUTES for method in route.methods} | BROWSERS
    for trigger in resources.http_triggers:
        if trigger.auth_type != "anonymous":
            yield f"trigger {trigger.name}: authType {trigger.auth_type} lets no bearer token through"
        for method in sorted(needed ^ set(trigger.methods)):
            known = "is missing; the platform answers 403" if method in needed else "is no method of the API"
            yield f"trigger {trigger.name}: {method} {known}"


def _order(
    document: Mapping[str, Any],
    resources: Resources,
    trigger: Mapping[str, Any],
    properties: Mapping[str, Any],
) -> Iterator[str]:
    """A trigger that comes first lets calls in that no limit holds back."""
    depends = trigger.get("DependsOn") or []
    for name, other in resources.properties.items():
        kind = document["Resources"][name]["Type"]
        if kind in LIMITS and other["FunctionName"] == properties["FunctionName"] and name not in depends:
            yield f"DependsOn does not name {name}, so calls may come before the limit"
