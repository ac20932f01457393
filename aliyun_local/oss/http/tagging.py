"""The tags of an object, as a header and as an XML document (OSS, "Object tagging").

:mod:`aliyun_local.oss.http.object_attributes` reads the header, the tagging operations the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from aliyun_local.oss.errors import OssError
from aliyun_local.oss.http.xml_documents import Content, parse, text_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_TAGS = 10
MAX_KEY_LENGTH = 128
MAX_VALUE_LENGTH = 256
_SIGNS = frozenset(" +-=._:/")


def tags_of_header(header: str) -> dict[str, str]:
    """Return the tags in ``x-oss-tagging``: ``key=value&key=value``, percent-encoded.

    Raises:
        OssError: InvalidTag.
    """
    pairs = [item.partition("=") for item in header.split("&")] if header else []
    return _checked((unquote_plus(key), unquote_plus(value)) for key, _, value in pairs)


def tags_of_document(body: bytes) -> dict[str, str]:
    """Return the tags in a ``Tagging`` document.

    Raises:
        OssError: MalformedXML or InvalidTag.
    """
    found: Iterable[Element] = parse(body, "Tagging").findall("TagSet/Tag")
    return _checked((text_of(tag, "Key"), tag.findtext("Value") or "") for tag in found)


def tag_set(tags: Mapping[str, str]) -> Content:
    """Return the children of a ``Tagging`` document."""
    return [("TagSet", [("Tag", [("Key", key), ("Value", value)]) for key, value in tags.items()])]


def _checked(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    tags: dict[str, str] = {}
    for key, value in pairs:
        if key in tags:
            raise _invalid("The tags hold the same key twice.")
        if not 1 <= len(key) <= MAX_KEY_LENGTH or not _legal(key):
            raise _invalid("The TagKey you have provided is invalid.")
        if len(value) > MAX_VALUE_LENGTH or not _legal(value):
            raise _invalid("The TagValue you have provided is invalid.")
        tags[key] = value
    if len(tags) > MAX_TAGS:
        raise OssError(400, "BadRequest", f"Object tags cannot be greater than {MAX_TAGS}.")
    return tags


def _legal(text: str) -> bool:
    return all(character.isalnum() or character in _SIGNS for character in text)


def _invalid(message: str) -> OssError:
    return OssError(400, "InvalidTag", message)
