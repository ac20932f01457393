"""The state of the local OSS: buckets, objects, versions, multipart uploads and notifications. No HTTP here.

:class:`~aliyun_local.oss.state.models.ObjectStore` is the whole of it. It is built up in layers, each a class
on top of the one before:

- ``transactions``: the tables, the blobs and the outbox of notifications; how a change is made durable.
- ``buckets``: buckets.
- ``readers``: reading and listing objects.
- ``writers``: writing, deleting and describing objects.
- ``models``: the store, with its ``uploads`` (``multipart``) and its ``configurations``.

Used by these layers:

- ``objects``: the values: objects, buckets, attributes, origins of changes. ``parts``: uploads and their
  parts.
- ``versions``: the rows of versions, inside a transaction.
- ``blobs``: the bytes of objects. ``checksums``: their ETags and CRC64.
- ``listing``: pages of names with prefix, delimiter and marker.
- ``archive``: archived objects and their restoration.
- ``notifications``: the outbox, and the event that Function Compute receives.
"""
