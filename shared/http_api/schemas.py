"""JSON Schemas (draft 2020-12) of the documents, made from their types. Called by ``openapi``.

A type of a document becomes a component that is closed: whatever it does not name is not there. A type of
what is sent, whose name ends in ``Request``, ``Form`` or ``Fields``, stays open: other fields are overlooked.
"""

from __future__ import annotations

import inspect
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from shared.view_types import Keywords

Schema = dict[str, Any]
_PLAIN: dict[object, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    NoneType: "null",
}
_SUFFIXES = ("Document", "View")
_SENT = ("Request", "Form", "Fields")


class Schemas:
    """Makes schemas of types; ``components`` has those that others refer to, by their names."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}
        self._origins: dict[str, object] = {}

    def of(self, hint: object) -> Schema:
        """Return the schema of a type.

        Raises:
            TypeError: no schema is known for such a type, or two of one name differ.
        """
        origin = get_origin(hint)
        if hint in _PLAIN:
            return {"type": _PLAIN[hint]}
        if is_typeddict(hint):
            return self._component(_name_of(hint), hint, lambda: self._object(hint))
        if origin is Annotated:
            return self._annotated(hint)
        if origin in (Union, UnionType):
            return {"anyOf": [self.of(one) for one in get_args(hint)]}
        if origin is Literal:
            return {"enum": list(get_args(hint))}
        if hint == dict[str, object]:
            return {"type": "object"}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.of(get_args(hint)[1])}
        if origin is list:
            return {"type": "array", "items": self.of(get_args(hint)[0])}
        raise TypeError(f"there is no schema for {hint!r}")

    def _annotated(self, hint: object) -> Schema:
        plain, *said = get_args(hint)
        (words,) = (one for one in said if isinstance(one, Keywords))
        if words.name:
            return self._component(words.name, words, lambda: {**self.of(plain), **words.keywords})
        return {**self.of(plain), **words.keywords}

    def _component(self, name: str, origin: object, make: Any) -> Schema:
        if self._origins.setdefault(name, origin) is not origin:
            raise TypeError(f"two schemas are called {name}")
        if name not in self.components:
            # Reserved first: a document may contain others of its kind.
            self.components[name] = {}
            self.components[name].update(make())
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, document: Any) -> Schema:
        hints = get_type_hints(document, include_extras=True)
        made = {
            "type": "object",
            "description": inspect.cleandoc(document.__doc__ or ""),
            "properties": {name: self.of(hint) for name, hint in hints.items()},
            "required": sorted(document.__required_keys__),
        }
        return made if document.__name__.endswith(_SENT) else {**made, "additionalProperties": False}


def _name_of(document: Any) -> str:
    name = str(document.__name__)
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name
