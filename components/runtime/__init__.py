"""The agent on AgentCore, the functions that start and stop its sessions, and what the agent may access."""
