"""The matrix: every documented error of every operation that the product calls, struck at whomever, for however long."""
