"""The checkers of links find what is wrong, and only that."""

import tempfile
import unittest
from pathlib import Path

import built
import check
import pages

GOOD = {
    "README.md": "# Title\n\n[method](docs/method.md#a-b-and-c_d) ![f](figures/f.png)\n",
    "docs/SUMMARY.md": "# Summary\n\n- [Method](method.md)\n",
    "docs/method.md": "# Method\n\n## A, `b` and *c_d*\n\n[up](../README.md#title), [self](#method)\n",
    "figures/f.png": "",
}


class Faults(unittest.TestCase):
    def faults(self, **changes):
        with tempfile.TemporaryDirectory() as root:
            files = GOOD | {name.replace("__", "/") + ".md": text for name, text in changes.items()}
            for name, text in files.items():
                path = Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return check.faults(root)

    def test_good_links_pass(self):
        self.assertEqual(self.faults(), [])
        self.assertEqual(self.faults(CONTRIBUTING="<a@b.c> [site](https://example.org/#x)\n"), [])

    def test_code_holds_no_links(self):
        code = "`[a](no.md)`\n\n```sh\n[b](no.md)\n# Not a heading\n```\n"
        self.assertEqual(self.faults(CONTRIBUTING=code), [])
        self.assertEqual(pages.anchors(code), set())

    def test_each_fault_has_its_line(self):
        for text, fault in [
            ("\n[a](no.md)\n", "CONTRIBUTING.md:2: no.md: no such file"),
            ("[a](docs/method.md#no)\n", "CONTRIBUTING.md:1: docs/method.md#no: no such heading"),
            ("[a](#no)\n", "CONTRIBUTING.md:1: #no: no such heading"),
            ("[a](figures/f.png#no)\n", "CONTRIBUTING.md:1: figures/f.png#no: only a page has anchors"),
            ("[a](../x.md)\n", "CONTRIBUTING.md:1: ../x.md: leads out of the repository"),
            ("[a](docs)\n", "CONTRIBUTING.md:1: docs: a directory, which a website cannot show"),
            ("[a][b]\n\n[b]: no.md\n", "CONTRIBUTING.md:3: no.md: no such file"),
            ("[![a](no.png)](docs/method.md)\n", "CONTRIBUTING.md:1: no.png: no such file"),
            (
                "![a](https://example.org/a.png)\n",
                "CONTRIBUTING.md:1: https://example.org/a.png: a figure that needs a network",
            ),
        ]:
            self.assertEqual(self.faults(CONTRIBUTING=text), [fault])

    def test_the_summary_is_complete(self):
        forgotten = self.faults(docs__more="# More\n")
        self.assertEqual(forgotten, ["docs/SUMMARY.md: docs/more.md is missing"])
        twice = self.faults(docs__SUMMARY="- [Method](method.md)\n- [Again](method.md)\n")
        self.assertEqual(twice, ["docs/SUMMARY.md: docs/method.md is named twice"])

    def test_headings_that_repeat_are_numbered(self):
        self.assertEqual(pages.anchors("# A\n\n## A\n\n### A δ1 = s?\n"), {"a", "a-1", "a-δ1--s"})

    def test_the_website_is_checked_too(self):
        with tempfile.TemporaryDirectory() as root:
            root = Path(root).resolve()
            (root / "a.html").write_text('<h2 id="x">X</h2><a href="b.html#y">Y</a><a href="#x">X</a>')
            (root / "b.html").write_text('<a href="a.html#x">X</a><img src="no.png"><a href="https://a.b">')
            found = sorted(built.faults(root))
            self.assertEqual(found, ["a.html: b.html#y: no such place", "b.html: no.png: no such file"])


if __name__ == "__main__":
    unittest.main()
