"""A local Object Storage Service (OSS): buckets and objects for the official clients, on this machine.

- ``http``: the wire. To add an operation, start at :mod:`aliyun_local.oss.http.operations`.
- ``state``: the state, in SQLite and files or in memory. :class:`~aliyun_local.oss.state.models.ObjectStore`.
- ``signing``: the signatures of requests, URLs and forms.
- ``images``: image processing, on pixels.
- ``addressing``: which bucket and object a request is about, and which names are legal.
- ``doors``: the internal endpoint, the default public domain and bound domains, and what each lets through.
- ``behaviour``: the account's switches.
- ``errors``: the errors that OSS answers with; raised by all of the above.

``http`` builds on the other folders; they know nothing of it and, but for the modules
beside them, nothing of each other.
"""
