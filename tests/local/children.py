"""Processes that a test starts and reads from."""


def read_until(child, text):
    """Return what a process writes until a line has the text."""
    lines = []
    while not lines or text not in lines[-1]:
        line = child.stdout.readline()
        assert line, f"the command ended: {lines} {child.stderr.read()}"
        lines.append(line)
    return "".join(lines)
