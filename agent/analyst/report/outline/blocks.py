"""The parts of a report before a renderer gives them a form: sections of typed blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent.analyst.report.outline.chart_blocks import Charts
from agent.analyst.report.text import Text, pieces


class Kind(StrEnum):
    """What a paragraph is."""

    PLAIN = "plain"
    NOTE = "note"
    WARNING = "warning"
    ADVICE = "advice"


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A paragraph."""

    text: Text
    kind: Kind = Kind.PLAIN


@dataclass(frozen=True, kw_only=True)
class Bullets:
    """A list of sentences."""

    items: Sequence[Text]


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A figure beside the headline.

    Attributes:
        label: What it is.
        value: The figure.
        note: What it means.
        is_saving: Whether it is the saving, which renderers emphasise.
    """

    label: str
    value: str
    note: str
    is_saving: bool = False


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table; figures are aligned to the right."""

    title: str
    is_figure: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table.

    Attributes:
        columns: Its columns.
        rows: One text for each column.
        more: A sentence about rows that are left out; empty if there are none.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Text]]
    more: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """A list with a label, such as the new findings.

    Attributes:
        label: The label.
        kind: A word for the style.
        items: The entries.
    """

    label: str
    kind: str
    items: Sequence[Text]


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Lists beside each other."""

    groups: Sequence[Group]


@dataclass(frozen=True, kw_only=True)
class Script:
    """Commands to copy.

    Attributes:
        label: What they do.
        commands: The commands, one for each line.
    """

    label: str
    commands: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """One proposed change.

    Attributes:
        heading: The function and the issue.
        amount: What the change saves; empty if nothing.
        lead: The issue as a sentence.
        change: The change in a few words.
        remark: The model's remark; empty if none.
        grades: Confidence, risk and effort, each with its level.
        facts: Evidence, formula, risk and so on, as label and value.
        scripts: The commands.
        console: The function's page in the console; None where there is none.
    """

    heading: Text
    amount: str
    lead: str
    change: str
    remark: str
    grades: Sequence[tuple[str, str]]
    facts: Sequence[tuple[str, Text]]
    scripts: Sequence[Script]
    console: str | None


@dataclass(frozen=True, kw_only=True)
class Cards:
    """Proposed changes, the most important first."""

    cards: Sequence[Card]


Block = Paragraph | Bullets | Table | Charts | Groups | Cards


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section with its heading."""

    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True, kw_only=True)
class Outline:
    """A whole report.

    Attributes:
        headline: The result in one sentence, without a full stop.
        context: The account, its regions, the observed time and the prices.
        tiles: The figures beside the headline.
        notices: What a reader must know before the figures.
        sections: The sections.
    """

    headline: str
    context: Sequence[str]
    tiles: Sequence[Tile]
    notices: Sequence[Paragraph]
    sections: Sequence[Section]

    def headings(self) -> Iterator[tuple[int, str]]:
        """Yield each heading with its level, in order."""
        yield 1, self.headline
        for section in self.sections:
            yield 2, section.heading
            for block in section.blocks:
                if isinstance(block, Cards):
                    for card in block.cards:
                        yield 3, "".join(one if isinstance(one, str) else one.text for one in pieces(card.heading))
