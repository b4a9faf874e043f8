"""What `python -m local` starts. The command line is in `local/cli.py`."""

import _signal  # type: ignore[import-not-found]  # loaded by the interpreter, unlike `signal`
import os
import sys

_NAMES = {_signal.SIGINT: "SIGINT", _signal.SIGTERM: "SIGTERM", _signal.SIGHUP: "SIGHUP"}


def _leave(number: int, _frame: object) -> None:
    problem = f"Interrupted ({_NAMES[number]})"
    os.write(2, f"{problem}\n".encode())
    if "--json" in sys.argv:
        os.write(1, f'{{"status": null, "error": "{problem}"}}\n'.encode())
    os._exit(128 + number)


# The imports of the command line take most of a second. A signal in this time would end in a traceback. The interpreter
# itself needs some 20 ms before this line: a signal in that time still ends it in its own way.
if __name__ == "__main__":
    for _number in _NAMES:
        _signal.signal(_number, _leave)


def main() -> int:
    """Execute the command of the arguments, and return its exit status."""
    try:
        import gc

        # Nearly all that is imported and deployed stays. By default, Python searches for garbage every 700 objects.
        gc.set_threshold(200_000, 20, 100)
        from local import cli

        status = cli.main()
    except (ImportError, SyntaxError) as error:
        print(
            f"{sys.executable} cannot run this ({error}): run 'make setup' once, then use .venv/bin/python -m local",
            file=sys.stderr,
        )
        return 3
    # At its end the interpreter looks for garbage in all that was imported, which takes most of a second.
    gc.freeze()
    return status


if __name__ == "__main__":
    sys.exit(main())
