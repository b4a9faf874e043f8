"""The parts of a report before a renderer gives them a form: sections of typed blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from agent.analyst.report.text import Text, plain


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
class Facts:
    """Texts with a label each."""

    facts: Sequence[tuple[str, Text]]


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


class Part(StrEnum):
    """What a part of a bar means."""

    SPEND = "spend"
    SAVING = "saving"


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A row of a chart.

    Attributes:
        label: What it is about.
        parts: The bar's parts, each with its length as a share of the chart's longest bar, from 0 to 1.
        amounts: The figures, one for each column of figures.
    """

    label: Text
    parts: Sequence[tuple[Part, Decimal]]
    amounts: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A table with bars.

    Attributes:
        title: What it shows.
        subject: The title of the column of labels.
        figures: The titles of the columns of figures.
        bars: Its rows.
        legend: What the parts of a bar mean; empty if the title says it.
    """

    title: str
    subject: str
    figures: Sequence[str]
    bars: Sequence[Bar]
    legend: Sequence[tuple[Part, str]] = ()


@dataclass(frozen=True, kw_only=True)
class Charts:
    """Charts beside each other."""

    charts: Sequence[Chart]


@dataclass(frozen=True, kw_only=True)
class Card:
    """One proposed change.

    Attributes:
        heading: The function and the issue.
        where: The function's region, and its owner if the report has owners.
        amount: What the change saves; empty if nothing.
        range: What it saves at least and at most; empty if that is not known.
        lead: The issue as a sentence.
        change: The change in a few words.
        remark: The model's remark; empty if none.
        grades: Confidence, risk and effort, each with its level.
        facts: Evidence, formula, risk and so on, as label and value.
        scripts: The commands to apply and to undo the change, each with a label.
        console: The function's page in the console; None where there is none.
    """

    heading: Text
    where: str
    amount: str
    range: str
    lead: str
    change: str
    remark: str
    grades: Sequence[tuple[str, str]]
    facts: Sequence[tuple[str, Text]]
    scripts: Sequence[tuple[str, str]]
    console: str | None


@dataclass(frozen=True, kw_only=True)
class Cards:
    """Proposed changes, the most important first."""

    cards: Sequence[Card]


Block = Paragraph | Facts | Table | Charts | Cards


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
                    yield from ((3, plain(card.heading)) for card in block.cards)
