"""The keys of the tests' account. `python -m tests.agent.analyst.narrative.keys` prints them with their values.

With sentences as arguments it prints what is published for each, or why it is refused.
"""

import sys

from agent.analyst.analysis import estate
from agent.analyst.narrative import narrative
from agent.analyst.narrative.narrative import UntrueNarrativeError
from agent.analyst.report.document import Narrative
from agent.analyst.tools import summaries
from tests.agent.analyst.report.reports import FACTS

ASSESSMENT = estate.assess(FACTS)
FIGURES = summaries.figures(ASSESSMENT)
FINDINGS = summaries.finding_ids(ASSESSMENT)


def published(summary, **remarks):
    """Return what is published for a text of the model.

    Raises:
        UntrueNarrativeError: The text is refused.
    """
    words = Narrative(summary=summary, remarks=remarks, author="model")
    return narrative.filled(words, ASSESSMENT, FIGURES, FINDINGS)


def _print():
    for figure in FIGURES:
        print(f"{{{figure.key}}}  {figure.value}")
    for finding in FINDINGS:
        print(f"finding {finding}")


def _judge(sentences):
    for sentence in sentences:
        try:
            print(published(sentence).summary)
        except UntrueNarrativeError as refusal:
            print(refusal)


if __name__ == "__main__":
    _judge(sys.argv[1:]) if sys.argv[1:] else _print()
