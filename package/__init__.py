"""The component as a Pulumi package, for programs in other projects and other languages."""
