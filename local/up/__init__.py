"""The local stack that is kept up: `python -m local up` and `down`, and the file by which `runs` finds it."""
