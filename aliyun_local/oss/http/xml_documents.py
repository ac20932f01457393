"""The XML that OSS sends and takes; every handler with a document in its request or answer calls this.

Nothing here has a namespace: the official SDKs look tags up without one.

Names of objects may hold control characters, which XML 1.0 does not have. The SDKs send them all the same,
raw or as character references. :func:`parse` therefore moves them to the private use area before it parses a
document and back afterwards. Answers hold a replacement character instead, unless the caller asks for
``encoding-type=url``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from aliyun_local.clock import utc
from aliyun_local.oss.errors import malformed_xml
from aliyun_local.serving.wire import Response

Content = str | int | bool | None | Sequence[tuple[str, "Content"]]

MAX_BODY_BYTES = 4 * 1024 * 1024
_CONTROL_REFERENCE = re.compile(rb"&#(?:x0{0,4}([01]?[0-9a-fA-F])|0{0,4}([12]?[0-9]|3[01]));")
_CONTROLS = frozenset(range(0x20)) - {0x09, 0x0A, 0x0D}
_PRIVATE = 0xF0000
_TO_CONTROLS = {_PRIVATE + code: code for code in _CONTROLS}
_RAW_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Encoder:
    """Writes keys into an answer, percent-encoded for ``encoding-type=url``."""

    def __init__(self, encoding_type: str) -> None:
        """Take the request's ``encoding-type``: empty or ``url``."""
        self.encoding_type = encoding_type

    def __call__(self, name: str) -> str:
        """Return ``name`` as it goes into the document."""
        return quote(name, safe="") if self.encoding_type else name

    def tag(self) -> Iterable[tuple[str, Content]]:
        """Return the element that names the encoding, none if there is no encoding."""
        return [("EncodingType", self.encoding_type)] if self.encoding_type else []


def xml_response(root: str, children: Content) -> Response:
    """Return a 200 with an XML document."""
    body = document(root, children)
    return Response(status=200, headers={"Content-Type": "application/xml"}, body=body)


def document(root: str, children: Content) -> bytes:
    """Return an XML document of ``root`` with ``children``: nested pairs of tag and content."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_element(root, children)}'.encode()


def iso_time(epoch_seconds: float) -> str:
    """Return a point in time as OSS writes it in XML."""
    return utc(epoch_seconds).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def parse(body: bytes, root: str) -> ElementTree.Element:
    """Return the root of the document in ``body``.

    Document types are refused: no OSS request has one, and their entities let small documents grow large.

    Raises:
        OssError: not XML, another root than ``root``, too long, or with a document type.
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
        OssError: the child is missing.
    """
    value = element.findtext(tag)
    if value is None:
        raise malformed_xml()
    return value


def _element(tag: str, content: Content) -> str:
    if content is None:
        return f"<{tag}></{tag}>"
    if isinstance(content, bool):
        return f"<{tag}>{str(content).lower()}</{tag}>"
    if isinstance(content, (str, int)):
        text = escape(_FORBIDDEN.sub(chr(0xFFFD), str(content)), {"\r": "&#13;"})
        return f"<{tag}>{text}</{tag}>"
    return f"<{tag}>{''.join(_element(name, value) for name, value in content)}</{tag}>"


def _hidden(code: int) -> bytes:
    return chr(_PRIVATE + code).encode()


def _hide_reference(match: re.Match[bytes]) -> bytes:
    code = int(match[1], 16) if match[1] else int(match[2])
    return _hidden(code) if code in _CONTROLS else match[0]
