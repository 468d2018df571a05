"""Web pages of results, which need neither network nor script."""
