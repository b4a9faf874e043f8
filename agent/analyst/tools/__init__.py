"""The tools of the model, and the summaries that they return."""
