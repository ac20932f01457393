"""Function code in processes of its own: how an invocation gets an instance, runs on it, and ends.

``runner`` runs one invocation on an instance of a pool. ``pools`` bounds the instances of a function and
keeps some warm. ``instances`` speaks with one process, ``log_pipe`` reads its output, ``processes`` and
``fork_server`` start and kill it. ``deployed`` and ``environment`` hold the code and the words that a process
is started with. The queue and the HTTP side stand above and are not known here.
"""
