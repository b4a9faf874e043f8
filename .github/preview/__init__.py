"""The comment that shows a preview on its pull request."""
