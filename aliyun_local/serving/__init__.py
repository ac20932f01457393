"""HTTP between the emulated services and their clients.

- ``wire``: requests and responses as values, the interface of a service, and the front that every service is
  behind: its faults and its request log.
- ``server``: the server on loopback, on the standard library.
- ``bodies``, ``broken_requests``: parts of the server, for bodies and for requests that it cannot read.
- ``destinations``: the addresses that the services' own calls lead to.

The services build on ``wire``, those that make calls of their own also on ``destinations``, and on nothing
else of this. :mod:`aliyun_local.mocking` uses ``wire`` without the server.
"""
