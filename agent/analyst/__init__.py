"""The cost analyst for AWS Lambda."""
