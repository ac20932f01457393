"""The XML that OSS sends and takes.

Nothing here has a namespace: the official SDKs look tags up without one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from aliyun_local.clock import utc
from aliyun_local.oss.errors import malformed_xml

Content = str | int | bool | None | Sequence[tuple[str, "Content"]]

MAX_BODY_BYTES = 4 * 1024 * 1024
# XML 1.0 has no control characters, the names of objects do, and the SDKs send them all the same, raw or as
# references: while a document is parsed they stand in the private use area.
_CONTROL_REFERENCE = re.compile(rb"&#(?:x0{0,4}([01]?[0-9a-fA-F])|0{0,4}([12]?[0-9]|3[01]));")
_CONTROLS = frozenset(range(0x20)) - {0x09, 0x0A, 0x0D}
_PRIVATE = 0xF0000
_TO_CONTROLS = {_PRIVATE + code: code for code in _CONTROLS}
_RAW_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(root: str, children: Content) -> bytes:
    """Return an XML document of ``root`` with ``children``: (tag, content) pairs, nested as they are."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_element(root, children)}'.encode()


def _element(tag: str, content: Content) -> str:
    if content is None:
        return f"<{tag}></{tag}>"
    if isinstance(content, bool):
        return f"<{tag}>{str(content).lower()}</{tag}>"
    if isinstance(content, (str, int)):
        # XML 1.0 cannot hold every character that a key can; that is what encoding-type=url is for.
        text = escape(_FORBIDDEN.sub(chr(0xFFFD), str(content)), {"\r": "&#13;"})
        return f"<{tag}>{text}</{tag}>"
    return f"<{tag}>{''.join(_element(name, value) for name, value in content)}</{tag}>"


def iso_time(seconds: float) -> str:
    """Return ``seconds`` since the epoch as OSS writes times in XML."""
    return utc(seconds).strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Encoder:
    """Names in a listing, quoted when the caller asked for ``encoding-type=url``."""

    def __init__(self, encoding_type: str) -> None:
        """Take the request's ``encoding-type``: empty or ``url``."""
        self.encoding_type = encoding_type

    def __call__(self, name: str) -> str:
        """Return ``name`` as it goes into the document."""
        return quote(name, safe="") if self.encoding_type else name

    def tag(self) -> Iterable[tuple[str, Content]]:
        """Return the element that tells the reader to undo it."""
        return [("EncodingType", self.encoding_type)] if self.encoding_type else []


def parse(body: bytes, root: str) -> ElementTree.Element:
    """Return the root of the document in ``body``.

    Raises:
        OssError: not XML, not a ``root``, too long, or with a document type, which no OSS request has and
            which is how small documents grow large.
    """
    if len(body) > MAX_BODY_BYTES or b"<!" in body:
        raise malformed_xml()
    try:
        body = _CONTROL_REFERENCE.sub(_hide_reference, body)
        body = _RAW_CONTROL.sub(lambda match: _hidden(match[0][0]), body)
        element = ElementTree.fromstring(body)  # noqa: S314 (no document type can be in it)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise malformed_xml() from None
    for node in element.iter():
        node.tag = node.tag.rpartition("}")[2]
        if node.text:
            node.text = node.text.translate(_TO_CONTROLS)
    if element.tag != root:
        raise malformed_xml()
    return element


def text_of(element: ElementTree.Element, tag: str) -> str:
    """Return the text of the child ``tag``.

    Raises:
        OssError: there is no such child.
    """
    value = element.findtext(tag)
    if value is None:
        raise malformed_xml()
    return value


def _hidden(code: int) -> bytes:
    return chr(_PRIVATE + code).encode()


def _hide_reference(match: re.Match[bytes]) -> bytes:
    code = int(match[1], 16) if match[1] else int(match[2])
    return _hidden(code) if code in _CONTROLS else match[0]
