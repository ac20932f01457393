"""The wire of the local Tablestore: one module a group of operations. No state here."""
