"""Reads the settings of portraits: whether they are made, of which styles, at what price and with what label.

Called by :mod:`shared.settings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shared import setting_values as values
from shared.domain.portrait_styles import MAX_WANTED, parse_wanted
from shared.domain.rules import Rules
from shared.setting_values import SettingsError

OFF, ON_REQUEST = "off", "on_request"
MAX_PRODUCER_CHARACTERS = 200
IN_METADATA, VISIBLE = "metadata", "visible"


def with_portraits(rules: Rules, environment: Mapping[str, str]) -> Rules:
    """Return ``rules`` with what is set for portraits.

    Raises:
        SettingsError: a value is not of its kind.
    """
    asked_for = environment.get("PORTRAITS", "").strip()
    price = values.fen(environment, "PORTRAIT_PRICE_CNY", rules.portrait_price_fen)
    label = values.one_of(environment, "PORTRAIT_LABEL", (IN_METADATA, VISIBLE), IN_METADATA)
    producer = environment.get("PORTRAIT_PRODUCER", "").strip() or rules.portrait_producer
    if len(producer) > MAX_PRODUCER_CHARACTERS or not producer.isprintable():
        raise SettingsError(
            f"PORTRAIT_PRODUCER must be at most {MAX_PRODUCER_CHARACTERS} printable characters"
        )
    rules = replace(rules, portrait_price_fen=price, portrait_producer=producer)
    rules = replace(rules, label_portraits=label == VISIBLE)
    if asked_for.lower() in ("", OFF):
        return rules
    if asked_for.lower() == ON_REQUEST:
        return replace(rules, portraits_allowed=True)
    try:
        wanted = tuple(map(parse_wanted, values.parts(environment, "PORTRAITS")))
    except ValueError as problem:
        raise SettingsError(f"PORTRAITS: {problem}; or set it to {OFF} or {ON_REQUEST}") from None
    if not 1 <= len(wanted) <= MAX_WANTED:
        raise SettingsError(f"PORTRAITS must be {OFF}, {ON_REQUEST}, or 1 to {MAX_WANTED} styles with counts")
    return replace(rules, portraits_allowed=True, portraits=wanted)
