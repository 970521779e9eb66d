"""What a reader does on the page, and what is expected of it."""

import json
import re

failures = []


def expect(holds, what):
    if not holds:
        failures.append(what)
        print(f"FAIL {what}")


def drawn(browser, selector):
    """All that an element shows: shapes, places, text."""
    return browser.js("return document.querySelector(arguments[0])?.innerHTML ?? ''", selector)


def has(browser, selector):
    return browser.js("return Boolean(document.querySelector(arguments[0]))", selector)


def embedded(browser, name):
    return json.loads(browser.js("return document.getElementById(arguments[0]).textContent", name))


# Sets a control as a reader's hand would, and tells the page.
SET = """
const [selector, value] = arguments;
const control = document.querySelector(selector);
if (control.type === 'checkbox') control.click();
else { control.value = value; control.dispatchEvent(new Event('input', { bubbles: true })); }
"""


def changes(browser, selector, value, view):
    """A control changes what is drawn, and what is drawn comes back with it."""
    before = drawn(browser, view)
    old = browser.js("return document.querySelector(arguments[0]).value", selector)
    browser.js(SET, selector, value)
    expect(drawn(browser, view) != before, f"{selector} = {value} changes nothing in {view}")
    browser.js(SET, selector, old)
    expect(drawn(browser, view) == before, f"{selector} set back leaves {view} changed")


def options(browser, selector):
    return browser.js(
        "return [...document.querySelector(arguments[0]).options].map((o) => o.value)", selector
    )


def tip(browser):
    return browser.js(
        "const tip = document.getElementById('tooltip');"
        "return tip.hidden ? [] : [...tip.childNodes].map((line) => line.textContent)"
    )


# Moves a pointer over the middle of a chart and tells what the tooltip says.
POINT = """
const svg = document.querySelector(arguments[0]);
svg.scrollIntoView({ block: 'center' });
const box = svg.getBoundingClientRect();
const [clientX, clientY] = [box.left + arguments[1] * box.width, box.top + arguments[3] * box.height];
const at = { clientX, clientY, bubbles: true, pointerType: arguments[4] };
for (const event of arguments[2].split(' ')) svg.dispatchEvent(new PointerEvent(event, at));
"""


# A finger taps: it leaves when it is lifted.
TAP = "pointerdown pointerup pointerleave"


def point(browser, selector, x, events="pointermove", kind="mouse"):
    """The tooltip at a share of a chart's width, at the first of some heights that has one."""
    for y in (0.6, 0.5, 0.7, 0.4, 0.8, 0.3, 0.2, 0.1):
        browser.js(POINT, selector, x, events, y, kind)
        if lines := tip(browser):
            return lines
    return []


def power(text):
    """A number as the page writes it."""
    digits = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")
    found = re.search(r"= ([−\d.]+)(?: × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?$", text)
    mantissa, exponent = found.groups()
    return float(mantissa.translate(digits)) * 10 ** int((exponent or "0").translate(digits))


def close(a, b):
    return abs(a - b) <= 0.006 * abs(b)


def flat(name):
    return name.replace("_{", "").replace("}", "")
