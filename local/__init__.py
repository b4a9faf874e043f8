"""The whole system on one machine: an emulated account, an in-process deployment, an AgentCore data plane."""
