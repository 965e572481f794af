"""What columns and values of the countries file are called in print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from popsim.display import Brief


@dataclass(frozen=True, repr=False)
class ColumnLabels(Brief):
    """Names that a study gives to columns of its countries file and to the values in them.

    Parameters
    ----------
    headings
        (column, name) pairs.
    values
        (column, value, name) triples.
    words
        (word, translation) pairs for columns and values without a name, in a document in another language.

    Headings and names of values are written as they stand inside a sentence: "low income", not "Low income".
    """

    headings: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str, str], ...] = ()
    words: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, headings: Mapping[str, str], values: Mapping[str, Mapping[str, str]]) -> ColumnLabels:
        """Take the tables [headings] and [labels] of a study file."""
        triples = ((column, value, name) for column, names in values.items() for value, name in names.items())
        return cls(tuple(headings.items()), tuple(triples))

    def heading(self, column: str, sentence: bool = False) -> str:
        """Return the name of a column, as a heading or as it stands inside a sentence.

        Examples
        --------
        >>> labels = ColumnLabels.of({"income": "World Bank income group"}, {})
        >>> labels.heading("income"), labels.heading("river_basin"), labels.heading("river_basin", sentence=True)
        ('World Bank income group', 'River basin', 'river basin')
        """
        plain = column.replace("_", " ")
        text = dict(self.headings).get(column) or dict(self.words).get(plain, plain)
        return text if sentence else text[:1].upper() + text[1:]

    def label(self, column: str, value: object, sentence: bool = False) -> str:
        """Return the name of a value, as it stands in a table or inside a sentence; a value without one is its own.

        Examples
        --------
        >>> labels = ColumnLabels.of({}, {"income": {"LIC": "low income"}})
        >>> labels.label("income", "LIC"), labels.label("income", "LIC", sentence=True), labels.label("zone", "coast")
        ('Low income', 'low income', 'coast')
        """
        text = self._name(column, str(value))
        if text is None:
            return dict(self.words).get(str(value), str(value))
        return text if sentence else text[:1].upper() + text[1:]

    def is_named(self, column: str, value: object) -> bool:
        """Return whether a value has a name.

        Examples
        --------
        >>> labels = ColumnLabels.of({}, {"income": {"LIC": "low income"}})
        >>> labels.is_named("income", "LIC"), labels.is_named("zone", "coast")
        (True, False)
        """
        return self._name(column, str(value)) is not None

    def _name(self, column: str, value: str) -> str | None:
        return next((name for of, each, name in self.values if (of, each) == (column, value)), None)
