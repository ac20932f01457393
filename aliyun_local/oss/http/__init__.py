"""The wire of the local OSS: one module a group of operations. No state here."""
