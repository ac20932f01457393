"""The programs that run in processes of their own, beside a function's code.

``bootstrap`` is an instance: it calls the handler. ``fork_server`` loads a deployment's libraries once and
forks instances. Both are started by path, as plain scripts; :mod:`aliyun_local.function_compute.running` is
the other end of their sockets.
"""
