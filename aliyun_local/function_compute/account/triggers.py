"""Triggers of created functions. Rules: Function Compute, "CreateTrigger" and "OSS triggers"."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from aliyun_local.function_compute.account.functions import Functions
from aliyun_local.function_compute.account.records import TRIGGER, Document
from aliyun_local.function_compute.account.views import Trigger, trigger_of
from aliyun_local.function_compute.errors import ResourceRefused, invalid
from aliyun_local.function_compute.queue.schedules import Schedule
from aliyun_local.template import HttpTrigger, OssTrigger, TemplateError, TimerTrigger

_SETTINGS = ("description", "invocationRole", "qualifier", "sourceArn", "triggerConfig")


class Doors(Protocol):
    """The addresses at which HTTP triggers answer."""

    def open(self, function: str, url: str | None) -> str:
        """Answer for ``function``, at ``url`` again if that can be had, and return the URL."""

    def close(self, function: str) -> None:
        """Answer for ``function`` no more."""


class NoDoors:
    """No addresses: an HTTP trigger answers at the path of the API of 2016 alone."""

    def open(self, function: str, url: str | None) -> str:  # noqa: ARG002 (the protocol's)
        """Return nothing."""
        return ""

    def close(self, function: str) -> None:
        """Do nothing."""


class Triggers(Functions):
    """The triggers of the account's functions."""

    doors: Doors = NoDoors()

    def create_trigger(self, function: str, given: Mapping[str, Any]) -> Document:
        """Create a trigger and return its document.

        Raises:
            FunctionNotFound: there is no such function.
            ResourceRefused: the name is taken, a member is wrong, or the function is the template's.
        """
        name = given.get("triggerName")
        with self._changing:
            self._created(function)
            if isinstance(name, str) and self._records.find(TRIGGER, name, function) is not None:
                raise ResourceRefused(409, "TriggerAlreadyExists", f"trigger '{name}' already exists")
            document: Document = {
                "description": "",
                "invocationRole": "",
                "sourceArn": "",
                "qualifier": "LATEST",
                **_settings(given),
                "triggerName": name,
                "triggerType": given.get("triggerType"),
                "triggerId": self._identity("trigger", function, str(name)),
                "targetArn": self._arn(f"functions/{function}"),
                "createdTime": self._now(),
                "status": "Running",
                "_function": function,
            }
            trigger = self._checked(document, function)
            if isinstance(trigger, HttpTrigger):
                document["_url"] = self.doors.open(function, None)
            return self._put(document, function)

    def update_trigger(self, function: str, name: str, given: Mapping[str, Any]) -> Document:
        """Change what ``given`` names, and return the document.

        Raises:
            FunctionNotFound, ResourceRefused: as :meth:`create_trigger`; there is no such trigger.
        """
        with self._changing:
            document = {**self.trigger(function, name), **_settings(given)}
            self._checked(document, function)
            return self._put(document, function)

    def delete_trigger(self, function: str, name: str) -> None:
        """Delete a trigger.

        Raises:
            FunctionNotFound, ResourceRefused: there is no such function or trigger.
        """
        with self._changing:
            document = self.trigger(function, name)
            self._records.remove(TRIGGER, name, function)
            self._changed()
            if document["triggerType"] == "http":
                self.doors.close(function)

    def trigger(self, function: str, name: str) -> Document:
        """Return the document of a trigger.

        Raises:
            FunctionNotFound, ResourceRefused: there is no such function or trigger.
        """
        self._created(function)
        document = self._records.find(TRIGGER, name, function)
        if document is None:
            raise ResourceRefused(404, "TriggerNotFound", f"trigger '{name}' does not exist")
        return document

    def find_trigger(self, function: str, name: str) -> Document | None:
        """Return the document of a created trigger; None for any other name."""
        return self._records.find(TRIGGER, name, function)

    def open_doors(self, doors: Doors) -> None:
        """Have all HTTP triggers answer at ``doors``, those that are there and those that come."""
        with self._changing:
            self.doors = doors
            for document in self._records.all(TRIGGER):
                if document["triggerType"] == "http":
                    function = document["_function"]
                    url = doors.open(function, document.get("_url") or None)
                    if url != document.get("_url"):
                        self._put({**document, "_url": url}, function)

    def _put(self, document: Document, function: str) -> Document:
        document["lastModifiedTime"] = self._now()
        self._records.put(TRIGGER, document["triggerName"], document, function)
        self._changed()
        return document

    def _checked(self, document: Mapping[str, Any], function: str) -> Trigger:
        trigger = trigger_of(document, function)
        if isinstance(trigger, TimerTrigger):
            try:
                Schedule(trigger, self._clock.now())
            except TemplateError as problem:
                raise invalid(str(problem)) from None
        for other in self._records.all(TRIGGER):
            if (other["_function"], other["triggerName"]) != (function, trigger.name):
                _check_side_by_side(trigger, trigger_of(other, other["_function"]))
        return trigger


def _check_side_by_side(trigger: Trigger, other: Trigger) -> None:
    """Refuse two triggers that take the same events, or the same URL."""
    if isinstance(trigger, OssTrigger) and isinstance(other, OssTrigger) and trigger.conflicts_with(other):
        raise invalid(
            f"OSS refuses the trigger beside {other.name!r} of function {other.function!r}:"
            " same events, overlapping prefix and suffix"
        )
    both = isinstance(trigger, HttpTrigger) and isinstance(other, HttpTrigger)
    if both and trigger.function == other.function:
        raise invalid(f"function '{other.function}' has the HTTP trigger {other.name!r} already")


def _settings(given: Mapping[str, Any]) -> Document:
    settings = {name: given[name] for name in _SETTINGS if given.get(name) is not None}
    if not isinstance(settings.get("triggerConfig", ""), str):
        settings["triggerConfig"] = json.dumps(settings["triggerConfig"], ensure_ascii=False)
    return settings
