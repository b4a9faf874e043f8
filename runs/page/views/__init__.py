"""The views of the page, which answer its requests."""
