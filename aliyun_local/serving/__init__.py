"""HTTP between the emulated services and their clients.

- ``wire``: requests and responses as values, the interface of a service, and the front that every service is
  behind: its faults and its request log.
- ``messages``: the requests and responses of ``wire``, in a module of their own.
- ``server``: the server on loopback, on the standard library; ``handler`` serves its connections.
- ``bodies``, ``broken_requests``, ``timed_input``, ``connections``: parts of these, for bodies, for requests
  that cannot be read, for the time that clients have, and for the number of connections.
- ``destinations``: the addresses that the services' own calls lead to.

The services build on ``wire``, those that make calls of their own also on ``destinations``, and on nothing
else of this. :mod:`aliyun_local.mocking` uses ``wire`` without the server.
"""
