"""`python -m agent`, and as the bundle's `main.py` the file that AgentCore starts."""

from agent.app import main

main()
