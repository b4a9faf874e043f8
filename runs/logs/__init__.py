"""What the agent, the functions and the workflow of a run have logged."""
