"""What the emulated account corrects in MiniStack. Each module has a function `apply`."""
