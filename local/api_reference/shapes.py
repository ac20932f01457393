"""What the API reference says of a field and of a document; filled in by ``fields`` and ``operators``."""

from __future__ import annotations

from typing import NamedTuple


class Field(NamedTuple):
    """One field; ``null`` says when it is null, "" means never."""

    name: str
    type: str
    meaning: str
    null: str = ""
    unit: str = ""


class Document(NamedTuple):
    """One kind of object, as an answer or within one; it has the fields of ``extends`` before its own."""

    meaning: str
    fields: tuple[Field, ...]
    extends: str = ""
