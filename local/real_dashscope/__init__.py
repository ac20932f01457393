"""One machine, one key, a folder of photos: the real DashScope behind the local cloud.

The functions call a forwarder on loopback (:mod:`~local.real_dashscope.forwarder`) with a key that is good
there alone. It adds the real key, passes on the calls that the product makes
(:mod:`~local.real_dashscope.calls`), and holds each paid one until it has been allowed
(:mod:`~local.real_dashscope.purse`), by somebody at the terminal (:mod:`~local.real_dashscope.cashier`) or by
``PAY_UP_TO``. :mod:`~local.real_dashscope.desk` puts it together.
"""
