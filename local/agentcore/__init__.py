"""The data plane of Amazon Bedrock AgentCore, which MiniStack lacks: the server, its HTTP API and its sessions."""
