"""The state machines as data: pure functions from settings to the Amazon States Language."""
