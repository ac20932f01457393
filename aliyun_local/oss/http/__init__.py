"""The HTTP side of the local OSS; no state here.

The way of a request:

- ``responses``: addresses a request, finds its operation, checks the caller, makes errors into documents.
- ``operations``: the table of operations. **Its docstring says how to add an operation.**
- ``access``: the rights of callers by the ACLs.
- ``request``: the request as the handlers see it.

The handlers, one module for each group of operations:

- ``bucket_responses``, ``configuration_responses`` (with ``configuration_checks``), ``listing_responses``;
- ``object_responses``, ``copy_responses``, ``description_responses``, ``processing_responses``;
- ``multipart_responses``; ``form_responses`` (with ``forms`` and ``form_policies``).

Shared by the handlers:

- ``xml_documents``: documents in requests and answers.
- ``object_attributes``, ``object_headers``: the description of an object, from and to headers.
- ``tagging``, ``encryption``: two parts of that description.
- ``conditions``, ``ranges``, ``compression``: whether a reader gets an object, which part of it, and how.
- ``callbacks`` (with ``callback_parameters`` and ``callback_sending``): OSS reports an upload to a server.
- ``api_operations``: the names of all operations of the real API, for the page of served operations.
"""
