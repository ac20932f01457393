"""The formats of Tablestore's protocol. They know neither tables nor HTTP.

A request body is a protocol buffer message. Its rows and keys are fields of type ``bytes`` in a second
format, PlainBuffer. Filters are protocol buffer messages that are serialised once more.

- ``protobuf``: the base class of messages, which encodes and decodes them.
- ``common_messages``, ``table_messages``, ``row_messages``, ``transaction_messages``, ``filter_messages``:
  the message classes.
- ``plainbuffer``: rows, keys and values from and to bytes, with the ``checksums`` of cells and rows.
- ``values``: rows, cells and values as Python objects.

``http`` decodes requests and encodes answers with these modules. ``store`` uses ``values`` and the
enumerations of ``filter_messages``.
"""
