"""The report: what the assessment says, as JSON, Markdown and HTML."""
