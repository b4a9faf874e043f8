"""Renders the report as JSON, Markdown and HTML, and saves it."""
