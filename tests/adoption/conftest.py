"""The bookshop is a project of its own: its tests run in a copy of it."""

collect_ignore = ["bookshop"]
