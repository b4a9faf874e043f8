"""AgentCore's control plane, its data plane, and the processes of its sessions."""
