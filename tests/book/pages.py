"""The Markdown pages of the repository: which there are, their links, and the anchors of their headings."""

import re
import unicodedata
from pathlib import Path

# What a reader sees first, then the book, then the pages that the program writes beside figures.
PATTERNS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md", "figures/**/*.md"]
SUMMARY = Path("docs/SUMMARY.md")

FENCE = re.compile(r"^ {0,3}(```+|~~~+).*?^ {0,3}\1[ \t]*$", re.M | re.S)
CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.M)
# ![text](target "title") and [text](target); the text may hold an image or brackets.
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*<?([^\s)>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^ {0,3}\[([^\]]+)\]: *<?(\S+?)>?(?: .*)?$", re.M)
AUTOLINK = re.compile(r"^[a-z][a-z0-9+.-]*:", re.I)


def pages(root):
    """All pages, relative to the root, in order and each once."""
    found = (path for pattern in PATTERNS for path in sorted(root.glob(pattern)))
    return list(dict.fromkeys(path.relative_to(root) for path in found))


def prose(text):
    """The text with code blanked out, so that line numbers stay."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group())
    return CODE.sub(blank, FENCE.sub(blank, text))


def links(text):
    """(line, target, whether it is an image) of every link."""
    plain = prose(text)
    for match in list(LINK.finditer(plain)) + list(REFERENCE.finditer(plain)):
        image = match.re is LINK and match.group(1) == "!"
        target = match.group(3) if match.re is LINK else match.group(2)
        yield plain.count("\n", 0, match.start()) + 1, target, image
        if match.re is LINK:
            inner = LINK.search(match.group(2))
            if inner:
                yield plain.count("\n", 0, match.start()) + 1, inner.group(3), True


def is_external(target):
    return bool(AUTOLINK.match(target)) or target.startswith("//")


def anchors(text):
    """The anchors of a page's headings, as forges and mdBook make them."""
    seen, found = {}, set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        name = slug(heading)
        count = seen.get(name, 0)
        seen[name] = count + 1
        found.add(name if count == 0 else f"{name}-{count}")
    return found


def slug(heading):
    words = LINK.sub(lambda match: match.group(2), heading)
    words = words.replace("`", "").replace("*", "").strip().lower()
    kept = (char for char in words if char in "-_ " or unicodedata.category(char)[0] in "LNM")
    return "".join(kept).replace(" ", "-")
