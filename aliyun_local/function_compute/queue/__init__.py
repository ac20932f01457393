"""Asynchronous invocations: stored when accepted, run when due, tried again when they fail.

``invocations`` is the durable queue. ``dispatching`` decides when an invocation runs, and whether it runs
again. ``schedules`` tells when timer triggers are due, which put invocations into the queue.
"""
