"""Make README.md the description of the package: a package index shows it without the files that it links to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"\]\((?![a-z]+:|#)(?P<target>[^)\s]+)\)")
IMAGES = (".png", ".svg")


def with_full_links(text: str, repository: str) -> str:
    """Return Markdown whose links to files lead to the repository, and whose images are loaded from there.

    Parameters
    ----------
    text : str
        Markdown with links relative to the root of the repository. Links to other sites, and within the page, stay.
    repository : str
        Address of the repository, without a slash at the end.

    Examples
    --------
    >>> with_full_links("See [costs](docs/costs.md#range).", "https://example.org/it")
    'See [costs](https://example.org/it/blob/main/docs/costs.md#range).'
    """

    def full(link: re.Match[str]) -> str:
        kind = "raw" if link["target"].endswith(IMAGES) else "blob"
        return f"]({repository}/{kind}/main/{link['target']})"

    return LINK.sub(full, text)


class Description(MetadataHookInterface):
    """Called by hatchling, which finds it by its base class."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the description."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        repository = metadata["urls"]["Repository"]
        metadata["readme"] = {"content-type": "text/markdown", "text": with_full_links(text, repository)}
