"""What makes any agent durable: lease, heartbeat, deadline, journal and saved conversation."""
