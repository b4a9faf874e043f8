"""What many runs cost, and which of AWS's quotas they reach first."""
