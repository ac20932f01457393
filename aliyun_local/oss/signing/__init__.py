"""The signatures of OSS requests, and the check that a request carries a valid one.

- ``signatures``: the entrance. Finds out which version a request or a form is signed with, and checks it.
- ``signature_v1``, ``signature_v2``, ``signature_v4``: one version each, in headers and in URLs.
- ``signed_request``: shared by the versions: a request to check, secrets, dates, the comparison.
"""
