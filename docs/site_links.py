"""What GitHub shows and the site would not: pictures from elsewhere, links out, commands."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
PICTURES = ("benchmarks/*.png",)


def on_files(files: Files, config: Any) -> Files:
    """Add the pictures that pages show and that lie elsewhere in the repository."""
    root = Path(config.config_file_path).parent
    for pattern in PICTURES:
        for path in root.glob(pattern):
            name = path.relative_to(root).as_posix()
            files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Unlink what is not part of the site, and show commands as such rather than as output."""
    folder = posixpath.dirname(page.file.src_uri)

    def inside(link: re.Match[str]) -> str:
        mark, text, target = link.groups()
        if re.match(r"[a-z]+:|#", target):
            return link[0]
        if not posixpath.normpath(posixpath.join(folder, target)).startswith(".."):
            return link[0]
        return f"![{text}]({target.removeprefix('../')})" if mark else text

    return LINK.sub(inside, markdown).replace("```console\n", "```bash\n")
