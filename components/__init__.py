"""The infrastructure: Pulumi components, and the plain Python that they are made from."""
