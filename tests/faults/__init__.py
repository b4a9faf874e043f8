"""The fault suite: whatever can happen to a run happens to real processes of the local stack.

`pytest tests/faults` causes each fault once and asks how its run ended. `python -m tests.faults --seed 7 --runs 200`
(`make test-faults`) draws faults at random and counts. Both ask of every requested event: one terminal status, one
outcome event, nothing busy, nothing running.
"""
