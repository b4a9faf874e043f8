"""What runs on AgentCore: one background run per session, journalled in DynamoDB."""
