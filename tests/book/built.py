"""Checks the links of the built website: every file is there, and every anchor."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """What a page links to, and the places in it that can be linked to."""

    def __init__(self, text):
        super().__init__()
        self.targets, self.places = [], {""}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.places.add(attributes.get("id"))
        wanted = [attributes.get("src")] + [attributes.get("href")] * (tag in ("a", "link"))
        self.targets += [target for target in wanted if target]


def faults(root):
    parsed = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(root.rglob("*.html"))}
    # The page for what is not found stands for every address, and has none of its own.
    parsed = {path: page for path, page in parsed.items() if path.name not in ("404.html", "toc.html")}
    for path, page in parsed.items():
        for target in page.targets:
            link = urlsplit(target)
            if link.scheme or link.netloc:
                continue
            file = (path.parent / unquote(link.path)).resolve() if link.path else path
            if not file.is_file():
                yield f"{path.relative_to(root)}: {target}: no such file"
            elif file in parsed and unquote(link.fragment) not in parsed[file].places:
                yield f"{path.relative_to(root)}: {target}: no such place"


if __name__ == "__main__":
    root = Path(sys.argv[1]).resolve()
    found = list(faults(root))
    pages = len(list(root.rglob("*.html")))
    print("\n".join(found) or f"{pages} pages of the website: every link leads somewhere")
    sys.exit(bool(found) or not pages)
