"""What has to be in an account before GitHub can deploy stacks into it."""
