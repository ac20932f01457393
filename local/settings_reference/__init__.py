"""Makes docs/settings.md and docs/zh-CN/settings.md, from the template and the code of the settings."""
