"""The resources that an account needs before GitHub can deploy stacks into it."""
