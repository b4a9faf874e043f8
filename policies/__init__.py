"""The policy pack: rules for every stack, independent of its program."""
