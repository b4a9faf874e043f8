"""Settings of the stack under test."""

# As on AWS, but in seconds instead of minutes. A start may take long: many processes start at once.
BUDGETS = {
    "heartbeatSeconds": 1,
    "leaseSeconds": 4,
    "startSeconds": 14,
    "agentDeadlineSeconds": 30,
    "modelRetrySeconds": 8,
    "workflowDeadlineSeconds": 200,
    "maxLifetimeSeconds": 240,
    "idleTimeoutSeconds": 60,
    "expectedSeconds": 4,
    "pollMinSeconds": 1,
    "pollMaxSeconds": 2,
    "maxAttempts": 5,
    "maxLiveRuns": 200,
}
# For more runs at once than this machine can execute: a slow run must not be considered dead.
UNHURRIED = BUDGETS | {
    "heartbeatSeconds": 5,
    "leaseSeconds": 60,
    "startSeconds": 300,
    "agentDeadlineSeconds": 600,
    "workflowDeadlineSeconds": 1_200,
    "maxLifetimeSeconds": 1_800,
}
