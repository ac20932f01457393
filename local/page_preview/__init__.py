"""All pages with made-up documents, to see: every state, both languages, empty, blocked, hostile names."""
