"""The fault suite: disturbs runs in real processes of the local stack.

`pytest tests/faults` causes each fault once and checks how its run ended. `python -m tests.faults --seed 7 --runs 200`
(`make test-faults`) draws faults at random and counts, on each platform version. Both check that every requested event
has one terminal status and one outcome event, and that no run and no execution is left. A fault that came too late for
its run is repeated with a new one, so that no result depends on the machine's speed.
"""
