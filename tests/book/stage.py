"""Lays out the sources of the website: the book, with every file that it links to at its own place."""

import os
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote

import pages

README = Path("README.md")


def reachable(root):
    """README and the book, then what they link to: other pages, figures and data, in order."""
    todo = [page for page in pages.pages(root) if page.parts[0] in ("README.md", "docs")]
    todo.remove(pages.SUMMARY)
    found = dict.fromkeys(todo)
    while todo:
        page = todo.pop(0)
        for _, target, _ in pages.links((root / page).read_text(encoding="utf-8")):
            path = unquote(target.partition("#")[0])
            if pages.is_external(target) or not path:
                continue
            file = Path(os.path.normpath(page.parent / path))
            if file not in found and file != pages.SUMMARY:
                found[file] = None
                todo += [file] if file.suffix == ".md" else []
    return list(found)


def summary(root, others):
    """The book's summary, one folder up, with README at its head and other pages at its end."""
    text = (root / pages.SUMMARY).read_text(encoding="utf-8").replace("](", "](docs/")
    title, chapters = text.split("\n", 1)
    lines = [f"- [{page}]({page})" for page in others if page != README]
    head = f"{title}\n\n[lora-limits]({README})\n{chapters}\n# From the repository\n\n"
    return head + "\n".join(lines) + "\n"


def main(root, to):
    shutil.rmtree(to, ignore_errors=True)
    files = reachable(root)
    for file in files:
        (to / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / file, to / file)
    shutil.copyfile(root / "docs/book.toml", to / "book.toml")
    others = [file for file in files if file.suffix == ".md" and file.parts[0] != "docs"]
    (to / "SUMMARY.md").write_text(summary(root, others), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
