"""The policy pack: what every stack must keep to, whoever has written its program."""
