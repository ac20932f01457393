"""The matrix: every documented error of every operation that the product calls, at whomever, however long."""
