"""The promises to every version of the official client: one function each.

``batches``, ``conditions``, ``errors``, ``ranges``, ``rows``, ``tables`` and ``transactions`` contain the
promises. ``case`` registers and checks them. ``calls`` shortens the client's calls.
"""
