"""One module a function: parse the event, call ``shared``, shape the answer."""
