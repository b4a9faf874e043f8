"""What many runs cost, and which of AWS's quotas they meet first."""
