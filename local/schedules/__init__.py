"""The deployed schedules, which request runs by this machine's clock while a local stack stays up."""
