"""On a phone nothing is hidden: wide tables scroll, no text is cut, and every axis has its label."""

from reader import SET, expect, has

# Tables outside a container that scrolls, or in one that cannot show all of its table.
TABLES = """
return [...document.querySelectorAll('table')].filter((table) => {
  if (!table.getClientRects().length) return false;
  const frame = table.closest('.scroll');
  if (!frame) return true;
  const room = frame.scrollWidth - frame.clientWidth;
  frame.scrollLeft = 1e6;
  const reached = Math.abs(frame.scrollLeft - room) < 2;
  frame.scrollLeft = 0;
  const scrolls = ['auto', 'scroll'].includes(getComputedStyle(frame).overflowX);
  return !reached || (room > 0 && !scrolls);
}).map((table) => table.className || table.id || table.outerHTML.slice(0, 60))
"""

# Elements whose text goes past their own edge, where nothing scrolls; a list of choices is cut by the
# browser itself and shows all of its text when it opens.
CUT = """
return [...document.querySelectorAll('body *:not(select, option, svg *)')].filter((e) => {
  if (!e.getClientRects().length || !e.textContent.trim() || e.closest('.skip')) return false;
  const hides = ['hidden', 'clip'].includes(getComputedStyle(e).overflowX);
  return hides && e.scrollWidth > e.clientWidth + 1;
}).map((e) => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 40)}`)
"""

# Texts of a chart that go past the edge of its picture.
OUTSIDE = """
return [...document.querySelectorAll('.panel svg')].flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter((text) => {
    const box = text.getBoundingClientRect();
    return box.left < frame.left - 1 || box.right > frame.right + 1;
  }).map((text) => text.textContent);
})
"""

# Charts without a label at one of their axes.
BARE = """
return [...document.querySelectorAll('.panel')].filter((panel) => {
  const svg = panel.querySelector('svg');
  if (!svg || svg.querySelector('.empty')) return false;
  const across = [...svg.querySelectorAll('text:not(.tick)')].some((text) => text.textContent.trim());
  return !across || panel.querySelector('.axis-label')?.textContent.trim().length < 3;
}).map((panel) => panel.querySelector('figcaption').textContent)
"""


def phone(browser):
    """A page that is open in a narrow window."""
    for what, script in [
        ("tables that neither fit nor scroll", TABLES),
        ("text that is cut", CUT),
        ("text outside its chart", OUTSIDE),
        ("charts with an axis without a label", BARE),
    ]:
        found = browser.js(script)
        expect(not found, f"on a phone: {what}: {found[:4]}")
    # The longest name of a quantity, which a select cuts, stands at its axis.
    browser.js(SET, "#lr-quantity", "score")
    label = browser.js("return document.querySelector('#view-lr .axis-label')?.textContent ?? ''")
    expect(label.startswith("↑ score: "), f"the axis of the score says {label!r}")
    expect(browser.js("return document.querySelector('.symbols').open"), "the symbols are folded")
    first = "return document.querySelector('.conclusion').getBoundingClientRect().top"
    box = "return document.querySelector('.symbols').getBoundingClientRect().top"
    table = "return document.querySelector('.exponents').getBoundingClientRect().top"
    tops = [browser.js(script) for script in (first, box, table)]
    expect(tops == sorted(tops), f"conclusion, symbols and exponents stand at {tops}")
    expect(has(browser, ".symbols dt"), "no symbol is defined")
