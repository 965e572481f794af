"""A release has a version, a changelog and a description that works on a package index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

from popsim.version import __version__
from requirements.release import main, problems, sections

CHANGELOG = """# Changelog

## [Unreleased]

## [0.3.0] - 2026-05-04
### Added
- Faster.

## [0.2.0] - 2026-03-01
### Fixed
- A cost.
"""


@pytest.fixture(scope="module")
def metadata(root: Path) -> ProjectMetadata:
    return ProjectMetadata(str(root), PluginManager())


def test_sections_of_a_changelog() -> None:
    assert sections(CHANGELOG) == {
        "Unreleased": (None, ""),
        "0.3.0": ("2026-05-04", "### Added\n- Faster."),
        "0.2.0": ("2026-03-01", "### Fixed\n- A cost."),
    }


def test_a_release_that_is_ready() -> None:
    assert problems("0.3.0", CHANGELOG, "v0.3.0") == []
    assert problems("0.3.0", CHANGELOG, None) == []
    assert problems("0.4.0rc1", CHANGELOG.replace("[Unreleased]", "[Unreleased]\n- New."), "v0.4.0rc1") == []


@pytest.mark.parametrize(
    ("version", "old", "new", "tag", "said"),
    [
        ("0.3.0", "", "", "v0.4.0", "the tag should be v0.3.0"),
        ("0.3", "## [0.3.0]", "## [0.3]", None, "three numbers"),
        ("0.4.0", "", "", "v0.4.0", 'no section "## [0.4.0]"'),
        ("0.4.0", "", "", None, 'nothing under "## [Unreleased]"'),
        ("0.3.0", " - 2026-05-04", "", "v0.3.0", "date of the release"),
        ("0.3.0", "2026-05-04", "2026-15-04", "v0.3.0", "date of the release"),
        ("0.3.0", "### Added\n- Faster.\n", "", "v0.3.0", 'nothing under "## [0.3.0]"'),
        ("0.3.0", "[Unreleased]", "[Unreleased]\n- More.", "v0.3.0", "they belong to 0.3.0, or to no release"),
    ],
)
def test_a_release_that_is_not_ready(version: str, old: str, new: str, tag: str | None, said: str) -> None:
    (found,) = problems(version, CHANGELOG.replace(old, new, 1), tag)
    assert said in found


def test_this_version_has_a_changelog(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert problems(__version__, (root / "CHANGELOG.md").read_text(encoding="utf-8"), None) == []
    assert main(["--notes"]) == 0
    assert "- " in capsys.readouterr().out


def test_a_wrong_tag_ends_the_rehearsal_before_anything_is_built(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--tag", "v99.0.0"]) == 1
    assert f"should be v{__version__}" in capsys.readouterr().err


def test_links_of_the_description_lead_to_files_of_the_repository(metadata: ProjectMetadata, root: Path) -> None:
    repository = metadata.core.urls["Repository"]
    links = re.findall(r"\]\(([^)]+)\)", metadata.core.readme)
    files = [re.fullmatch(re.escape(repository) + r"/(blob|raw)/main/([^#]+)(#.*)?", link) for link in links]
    inside = [(match[1], match[2]) for match in files if match]
    assert len(inside) > 10
    assert {kind for kind, name in inside if name.endswith((".png", ".svg"))} == {"raw"}
    assert {kind for kind, name in inside if not name.endswith((".png", ".svg"))} == {"blob"}
    assert [name for _, name in inside if not (root / name).exists()] == []
    assert [link for link, match in zip(links, files, strict=True) if not match and "://" not in link] == []


def test_the_description_says_what_the_readme_says(metadata: ProjectMetadata, root: Path) -> None:
    assert metadata.core.readme_content_type == "text/markdown"
    repository = metadata.core.urls["Repository"]
    there = re.sub(re.escape(repository) + r"/(blob|raw)/main/", "", metadata.core.readme)
    assert there == (root / "README.md").read_text(encoding="utf-8")


def test_the_repository_has_one_address(metadata: ProjectMetadata, root: Path) -> None:
    urls = metadata.core.urls
    repository = urls["Repository"]
    assert set(urls) == {"Homepage", "Documentation", "Repository", "Changelog", "Issues"}
    assert urls["Issues"] == f"{repository}/issues"
    for name in ("Documentation", "Changelog"):
        assert (root / urls[name].removeprefix(f"{repository}/blob/main/")).is_file()
    pages = [
        *root.glob("*.md"),
        root / "CITATION.cff",
        root / "mkdocs.yml",
        *(root / ".github").rglob("*.*"),
        *(root / "docs").glob("*.md"),
    ]
    named = {
        found
        for path in pages
        for found in re.findall(r"https://github\.com/popsim[\w-]*/[\w-]+", path.read_text(encoding="utf-8"))
    }
    assert named == {repository}


def test_the_citation_is_of_this_version(metadata: ProjectMetadata, root: Path) -> None:
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__
    assert citation["license"] == metadata.core.license_expression
    assert citation["repository-code"] == metadata.core.urls["Repository"]
    assert [author["name"] for author in citation["authors"]] == metadata.core.authors_data["name"]


def test_the_badges_are_true(metadata: ProjectMetadata, root: Path) -> None:
    def said(name: str) -> str:
        text = (root / "docs" / "images" / f"badge-{name}.svg").read_text(encoding="utf-8")
        (title,) = re.findall("<title>(.*)</title>", text)
        assert title == ": ".join(re.findall("<text[^>]*>(.*)</text>", text))
        return title

    assert said("licence") == f"licence: {metadata.core.license_expression}"
    versions = [line.rpartition(" ")[2] for line in metadata.core.classifiers if "Python :: 3." in line]
    assert said("python") == f"Python: {' | '.join(versions)}"
    assert metadata.core.requires_python == f">={versions[0]}"
