"""The report as Markdown, for terminals, tickets and chats."""
