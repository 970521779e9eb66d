"""Checks the links of the repository's Markdown pages, offline: files, anchors, and the book's summary."""

import os
import sys
from pathlib import Path
from urllib.parse import unquote

import pages


def faults(root):
    """One line for every link that leads nowhere and every page that the summary forgets."""
    root = Path(root).resolve()
    found = []
    for page in pages.pages(root):
        text = (root / page).read_text(encoding="utf-8")
        for line, target, image in pages.links(text):
            fault = fault_of(root, page, target, image)
            if fault:
                found.append(f"{page}:{line}: {target}: {fault}")
    return found + summary_faults(root)


def fault_of(root, page, target, image):
    if pages.is_external(target):
        return "a figure that needs a network" if image else None
    path, _, anchor = target.partition("#")
    file = root / page
    if path:
        # As text, since a path through .. must not follow links that lead out of the repository.
        file = Path(os.path.normpath(root / page.parent / unquote(path)))
        if root not in file.parents:
            return "leads out of the repository"
        if not file.is_file():
            return "no such file" if not file.is_dir() else "a directory, which a website cannot show"
    if not anchor:
        return None
    if file.suffix != ".md":
        return "only a page has anchors"
    if unquote(anchor) not in pages.anchors(file.read_text(encoding="utf-8")):
        return "no such heading"
    return None


def summary_faults(root):
    """Every page under docs/ stands in the summary once."""
    summary = (root / pages.SUMMARY).read_text(encoding="utf-8")
    named = [str(pages.SUMMARY.parent / target) for _, target, _ in pages.links(summary)]
    there = [str(page) for page in pages.pages(root) if page.parts[0] == "docs"]
    forgotten = [page for page in there if page not in named and page != str(pages.SUMMARY)]
    twice = sorted({page for page in named if named.count(page) > 1})
    return [f"{pages.SUMMARY}: {page} is missing" for page in forgotten] + [
        f"{pages.SUMMARY}: {page} is named twice" for page in twice
    ]


if __name__ == "__main__":
    root = Path(sys.argv[1])
    found = faults(root)
    print("\n".join(found) or f"{len(pages.pages(root))} pages: every link leads somewhere")
    sys.exit(bool(found))
