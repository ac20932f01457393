"""The moments at which timer triggers are due, and the event that they make; the dispatcher asks for both.

Syntax and event follow Function Compute, "Time triggers": ``@every Nm`` or a cron expression with six fields,
seconds first, in UTC unless it begins with ``CRON_TZ=``.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone, tzinfo
from zoneinfo import ZoneInfo

from croniter import croniter

from aliyun_local.clock import utc
from aliyun_local.template import TemplateError, TimerTrigger

_EVERY = re.compile(r"@every\s+(\d+)(s|m|h)")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600}


class Schedule:
    """The moments of one timer trigger, in seconds since the epoch."""

    def __init__(self, trigger: TimerTrigger, start: float, *, interval_seconds: float | None = None) -> None:
        """Count from ``start``; ``interval_seconds`` takes the place of the template's expression.

        Raises:
            TemplateError: the expression is not one that Function Compute takes.
        """
        self.trigger = trigger
        self._interval_seconds, self._cron, self._zone = _parse(trigger)
        if interval_seconds is not None:
            self._interval_seconds = interval_seconds
        self.next_at = self._after(start)

    def take(self, now: float) -> float | None:
        """Return the moment that is due at ``now``, or None.

        After a gap, such as a laptop's sleep, one moment is due and not one for every interval missed.
        """
        if now < self.next_at:
            return None
        due_at = self.next_at
        if self._interval_seconds is not None:
            due_at += (now - due_at) // self._interval_seconds * self._interval_seconds
        else:
            following = self._after(due_at)
            while following <= now:
                due_at, following = following, self._after(following)
        self.next_at = self._after(due_at)
        return due_at

    def _after(self, moment: float) -> float:
        if self._interval_seconds is not None:
            return moment + self._interval_seconds
        base = datetime.fromtimestamp(moment, tz=self._zone)
        return float(croniter(self._cron, base, second_at_beginning=True).get_next(datetime).timestamp())


def timer_event(trigger: TimerTrigger, moment: float) -> bytes:
    """Return the event of ``trigger`` for ``moment``."""
    return json.dumps(
        {
            "triggerTime": utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "triggerName": trigger.name,
            "payload": trigger.payload,
        },
        ensure_ascii=False,
    ).encode("utf-8")


def _parse(trigger: TimerTrigger) -> tuple[float | None, str, tzinfo]:
    """Return the interval in seconds of an ``@every``, or else the cron expression and its time zone."""
    expression, zone = trigger.cron.strip(), "UTC"
    every = _EVERY.fullmatch(expression)
    if every:
        if int(every.group(1)) == 0:
            raise _invalid(trigger, "the interval must be positive")
        return float(int(every.group(1)) * _UNIT_SECONDS[every.group(2)]), "", timezone.utc
    if expression.startswith("CRON_TZ="):
        zone, _, expression = expression.removeprefix("CRON_TZ=").partition(" ")
        expression = expression.strip()
    fields = expression.split()
    if len(fields) != 6:
        raise _invalid(trigger, "a cron expression has six fields here, seconds first")
    if not re.fullmatch(r"[0-5]?\d", fields[0]):
        raise _invalid(trigger, "seconds take one number and nothing else")
    try:
        location = ZoneInfo(zone)
    except (ValueError, OSError, LookupError):
        raise _invalid(trigger, f"no time zone is called {zone!r}") from None
    if not croniter.is_valid(expression, second_at_beginning=True):
        raise _invalid(trigger, "not a cron expression")
    return None, expression, location


def _invalid(trigger: TimerTrigger, reason: str) -> TemplateError:
    return TemplateError(f"trigger {trigger.name!r}: cronExpression {trigger.cron!r}: {reason}")
