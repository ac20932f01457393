"""The wire of the local Function Compute: both APIs, and HTTP triggers. No state here.

``responses`` has the services that a server carries. ``operations`` finds the operation of a request and
calls a function of ``invoking`` or ``management`` with an ``api_requests.ApiRequest``. ``descriptions`` has
the documents that reads return, ``http_trigger`` the events and answers of HTTP triggers, ``signatures`` the
check of the caller, and ``errors`` the refusals.
"""
