"""The local stack that stays: `python -m local up` and `down`, and the file by which `runs` finds it."""
