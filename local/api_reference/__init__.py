"""The tables of docs/api.md, made from the code: ``python -m local.api_reference`` writes them."""
