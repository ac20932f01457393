"""``GET /schemas/{schema}``: the schemas of what leaves this deployment, and of the consents that it takes.

They are made of the types that the code itself is checked with, and lie in ``docs/schemas/`` as well, which a
test compares. A published schema is open: fields are added in time, and a receiver leaves alone what it does
not know. What would be misunderstood comes with another number.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from shared.domain import consent, formats, messages
from shared.domain.reasons import Language
from shared.http_api.conditional import Answer
from shared.http_api.problems import Problem
from shared.http_api.resources import RouteRequest
from shared.http_api.schemas import Schema, Schemas
from shared.message_types import ConsentFields, MessageDocument, NoNews, QueueNews, ResultObject, TrainingNews

DIALECT = "https://json-schema.org/draft/2020-12/schema"
RESULT = f"result-{formats.RESULTS.number}.json"
MESSAGE = f"message-{messages.FORMAT}.json"
CONSENT = f"consent-{consent.FORMAT}.json"
NAMES = (RESULT, MESSAGE, CONSENT)
_DATA = {
    **dict.fromkeys(messages.TYPES.values(), TrainingNews),
    messages.BLOCKED: QueueNews,
    messages.RESUMED: QueueNews,
    messages.TEST: NoNews,
}


def schema(request: RouteRequest) -> Answer:
    """``GET /schemas/{schema}``."""
    name = request.parameters["schema"]
    if name not in NAMES:
        raise Problem("unknown_schema")
    return Answer({}, text=published(name), headers={"Content-Language": Language.ENGLISH.value})


@cache
def published(name: str) -> str:
    """Return a published schema as text."""
    make = {RESULT: _result, MESSAGE: _message, CONSENT: _consent}[name]
    return json.dumps(make(), ensure_ascii=False, indent=2) + "\n"


def _result() -> Schema:
    schemas = Schemas()
    return _document(RESULT, "The result of a training", schemas, schemas.of(ResultObject))


def _message() -> Schema:
    schemas = Schemas()
    whole = schemas.of(MessageDocument)
    by_type = [
        {
            "if": {"properties": {"type": {"const": name}}},
            "then": {"properties": {"data": schemas.of(data)}},
        }
        for name, data in _DATA.items()
    ]
    return _document(MESSAGE, "A message", schemas, {**whole, "allOf": by_type})


def _consent() -> Schema:
    """A consent, or its withdrawal, of which nothing else is asked for."""
    schemas = Schemas()
    given = {
        "required": ["format", "given_at", "means", "purposes", "text_version", "under_14"],
        "if": {"properties": {"under_14": {"const": True}}},
        "then": {"required": ["guardian"], "properties": {"guardian": {"type": "object"}}},
    }
    withdrawn = {"required": ["withdrawn_at"], "properties": {"withdrawn_at": {"type": "string"}}}
    whole = {**schemas.of(ConsentFields), "anyOf": [given, withdrawn]}
    return _document(CONSENT, "A person's consent", schemas, whole)


def _document(name: str, title: str, schemas: Schemas, whole: Schema) -> Schema:
    parts = dict(sorted(schemas.components.items()))
    made = {"$schema": DIALECT, "$id": f"/schemas/{name}", "title": title, **whole, "$defs": parts}
    opened: Schema = _open(json.loads(json.dumps(made).replace("#/components/schemas/", "#/$defs/")))
    return opened


def _open(part: Any) -> Any:
    """Return a schema that allows for fields that are added later; maps keep what their values are."""
    if isinstance(part, dict):
        is_closed = part.get("additionalProperties") is False
        return {
            name: _open(value)
            for name, value in part.items()
            if not (is_closed and name == "additionalProperties")
        }
    return [_open(one) for one in part] if isinstance(part, list) else part
