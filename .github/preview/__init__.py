"""The comment with a preview's changes on its pull request."""
