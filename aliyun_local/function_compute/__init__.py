"""Function Compute on one machine: production handlers run unchanged, each in a process of its own.

The way of an event from its trigger to the handler and back:

1. A trigger makes an event. ``http`` answers the invoke APIs and HTTP triggers, ``oss_trigger`` drains the
   object store's outbox, and ``queue.schedules`` tells when a timer is due.
2. ``compute`` (:class:`~aliyun_local.function_compute.compute.FunctionCompute`) takes the event. A
   synchronous invocation reserves the right to an instance and runs on the caller's thread. An asynchronous
   one is committed to ``queue.invocations`` first, and its caller gets a request id.
3. ``queue.dispatching`` begins the asynchronous invocations that are due.
4. ``running.runner`` takes an instance from the function's pool, or has a process started, and sends it the
   event with the head from which the context is made.
5. ``scripts.bootstrap``, inside that process, imports the handler, calls it and sends the result or the
   exception back as bytes. It sees nothing of the emulators.
6. ``running.runner`` adds the error, the duration and the end of the log. ``http`` turns that into an answer;
   the dispatcher forgets the invocation, tries it again later, or abandons it.

Functions, triggers and limits come from a template (:mod:`aliyun_local.template`).
"""
