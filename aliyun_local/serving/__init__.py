"""HTTP on loopback: requests and responses as values, and the server that speaks them."""
