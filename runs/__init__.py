"""What operators type and look at: runs of a deployed stack or of the local one, listed, shown, started and ended."""
