"""The wire of the local DashScope: one module a group of operations. No state here."""
