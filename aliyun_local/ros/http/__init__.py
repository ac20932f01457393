"""The wire of the local ROS: calls in RPC style, with parameters in the query or in a form. No state here.

``responses`` has the service that a server carries. ``operations`` routes a request to a function of
``stack_calls``, ``reading_calls`` or ``change_set_calls``, which takes a ``calls.Call``. ``documents`` has
the documents that reads return, ``signatures`` the check of the caller, ``tokens`` the calls of before.
"""
