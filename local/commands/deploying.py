"""Deploys a stack into an emulated account, and prints each phase when it ends."""

from local.stack import LocalStack
from local.terminal import background
from local.terminal.console import Console, relative

# The functions of the stack itself are in the account that the agent analyses.
_FUNCTION_TYPE = "aws:lambda/function:Function::"


class Phases:
    """Prints phases with their times.

    Attributes:
        seconds: The duration of each phase, by its name. A phase starts when the one before it ends.

    Args:
        console: Where to print.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self.seconds: dict[str, float] = {}

    def end(self, name: str, text: str) -> None:
        """Print the end of a phase, and keep its duration."""
        self.seconds[name] = round(self._console.seconds - sum(self.seconds.values()), 2)
        self._console.line(f"{name:<7} {text}")


def deploy(stack: LocalStack, phases: Phases) -> None:
    """Deploy a stack that has been started, and fill the account with the sample estate.

    Raises:
        LocalStackError: The program failed, or a resource could not be created.
    """
    # In parallel: the program imports its modules while the account starts, and deploys while the estate is filled.
    deployment = background.call(stack.deploy)
    account = stack.account()
    phases.end("start", f"emulated account at {account.endpoint}, IAM enforced; logs in {relative(stack.logs)}")
    functions = stack.fill_estate()
    phases.end("estate", f"{functions} sample functions with 14 days of metrics")
    resources = deployment.result().resources
    own = sum(_FUNCTION_TYPE in urn for urn in resources)
    name = stack.options.stack
    phases.end("deploy", f"stack {name}: {len(resources)} resources; its own {own} functions are analysed too")
