"""Rules that find risks: settings that cause errors or throttling."""
