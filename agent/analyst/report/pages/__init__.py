"""The renderers of the report's pages: two templates of one outline, as HTML and as Markdown."""
