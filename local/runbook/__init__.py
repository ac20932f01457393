"""Makes the tables of docs/runbook.md and docs/zh-CN/runbook.md, from the words that people are told."""
