"""The pages of the site that are not in this folder, and links that leave it; MkDocs calls it."""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

_ROOT = Path(__file__).parents[1]
_FIRST = "index.md"
_LINK = re.compile(r"(!?\[[^\]]*\]\()((?!https?:)[^)#\s]+)")


def on_files(files: Files, config: Any) -> Files:
    """Add README.md as the first page."""
    text = (_ROOT / "README.md").read_text(encoding="utf-8")
    files.append(File.generated(config, _FIRST, content=text.replace("](docs/", "](")))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Let links to files of the repository that are no pages lead to the repository."""
    is_first = page.file.src_uri == _FIRST
    folder = _ROOT if is_first else (_ROOT / "docs" / page.file.src_uri).parent

    def resolve(match: re.Match[str]) -> str:
        start, target = match.groups()
        place = (folder / target).resolve()
        if place == _ROOT / "README.md":
            return f"{start}{'../' * page.file.src_uri.count('/')}{_FIRST}"
        if place.is_relative_to(_ROOT / "docs") or not place.exists():
            return match.group()
        return f"{start}{config['repo_url']}/blob/main/{place.relative_to(_ROOT)}"

    return _LINK.sub(resolve, markdown)
