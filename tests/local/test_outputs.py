"""The outputs of a program are known when `settled` returns."""

import asyncio

import pulumi
import pytest

from local import outputs


async def later(value):
    await asyncio.sleep(0)
    return value


def in_a_loop_of_its_own(check):
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(check())
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def test_all_outputs_are_known_also_those_that_others_cause():
    seen = []

    def program():
        def declare_more(value):
            seen.append(value)
            return pulumi.Output.from_input(later(value + 1)).apply(seen.append)

        pulumi.Output.from_input(later(1)).apply(declare_more)

    in_a_loop_of_its_own(lambda: outputs.settled(program))
    assert seen == [1, 2]


def test_it_waits_once_for_outputs_that_become_known_one_after_another(monkeypatch):
    waits = []
    wait = asyncio.wait
    monkeypatch.setattr(asyncio, "wait", lambda pending, **options: waits.append(pending) or wait(pending, **options))

    def program():
        output = pulumi.Output.from_input(later(0))
        for _ in range(50):
            output = output.apply(lambda value: later(value + 1))

    in_a_loop_of_its_own(lambda: outputs.settled(program))
    assert len(waits) == 1


def test_an_output_that_fails_ends_the_wait_for_one_that_is_never_known():
    async def fails():
        raise ValueError("no luck")

    def program():
        pulumi.Output.from_input(asyncio.get_event_loop().create_future())
        failing.append(pulumi.Output.from_input(fails()))

    failing = []

    async def check():
        await outputs.settled(program)
        with pytest.raises(ValueError, match="no luck"):
            await failing[0].future()

    in_a_loop_of_its_own(check)
