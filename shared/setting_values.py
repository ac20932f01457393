"""Reads single values of settings: numbers, durations, sums, words and lists.

Called by :mod:`shared.settings`, which says which settings there are. Each reader takes the environment, the
variable's name and the default, and raises :class:`SettingsError` for what is not of its kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.domain.money import DAY_MS
from shared.domain.object_keys import problem_with_marker

MAX_CNY = 1_000_000
MAX_DAYS = 3_650


class SettingsError(ValueError):
    """A setting is missing or makes no sense; the message names it and what it should be."""


def number(environment: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """Read a whole number, which may come as 120.0: ROS's type Number knows no difference to 120."""
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}(\.0{1,9})?", text) or not low <= int(text.partition(".")[0]) <= high:
        raise SettingsError(f"{name} is {text!r}; it must be a whole number from {low} to {high}")
    return int(text.partition(".")[0])


def milliseconds(environment: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """Read a duration in seconds, which may have decimals, since the template's numbers may."""
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,3})?", text) or not low <= float(text) <= high:
        raise SettingsError(f"{name} is {text!r}; it must be a number of seconds from {low} to {high}")
    return round(float(text) * 1000)


def days(environment: Mapping[str, str], name: str, default_ms: int) -> int:
    """Read a number of whole days as milliseconds."""
    return DAY_MS * number(environment, name, default_ms // DAY_MS, 0, MAX_DAYS)


def fen(environment: Mapping[str, str], name: str, default: int) -> int:
    """Read a sum in yuan as whole fen; nothing is rounded, but the template's numbers may end with zeros."""
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,2}0{0,9})?", text) or float(text) > MAX_CNY:
        raise SettingsError(
            f"{name} is {text!r}; it must be a sum in CNY from 0 to {MAX_CNY}, with at most two decimals"
        )
    yuan, _, rest = text.partition(".")
    return 100 * int(yuan) + int(rest[:2].ljust(2, "0"))


def one_of(environment: Mapping[str, str], name: str, words: tuple[str, ...], default: str) -> str:
    """Read one of the words, in whatever case it comes."""
    text = environment.get(name, "").strip().lower() or default
    if text not in words:
        raise SettingsError(f"{name} is {text!r}; it must be one of {', '.join(words)}")
    return text


def parts(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Read a list with commas between."""
    return tuple(part.strip() for part in environment.get(name, "").split(",") if part.strip())


def marker(environment: Mapping[str, str], name: str, default: str) -> str:
    """Read the name of the marker that says that a set is complete."""
    text = environment.get(name, "").strip() or default
    problem = problem_with_marker(text)
    if problem:
        raise SettingsError(f"{name} is {text!r}; {problem}")
    return text


def switch(environment: Mapping[str, str], name: str, default: bool) -> bool:
    """Read what is on or off."""
    text = environment.get(name, "").strip().lower()
    if text in ("", "on", "off"):
        return default if not text else text == "on"
    raise SettingsError(f"{name} is {text!r}; it must be on or off")
