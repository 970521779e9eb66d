"""The axes of the explorer's charts: ticks stand at what they say, and lines end at gaps."""

import math

from reader import SET, embedded, expect, has, options, power

# The labels along an axis with their places, panel by panel.
LABELS = """
const [view, across] = arguments;
return [...document.querySelectorAll(`${view} svg`)].map((svg) =>
  [...svg.querySelectorAll('text.tick')]
    .filter((text) => (text.getAttribute('text-anchor') === 'middle') === across)
    .map((text) => [text.textContent, Number(text.getAttribute(across ? 'x' : 'y'))]))
"""


def axes(browser):
    """Every quantity of every chart, on a log scale and without."""
    largest = 0
    for view in ("lr", "steps", "width"):
        if not has(browser, f"#view-{view} .charts"):
            continue
        for logarithmic in (True, False):
            if not logarithmic and not has(browser, f"#{view}-log"):
                continue
            if not logarithmic:
                browser.js(SET, f"#{view}-log", None)
            for value in options(browser, f"#{view}-quantity"):
                browser.js(SET, f"#{view}-quantity", value)
                what = f"{value} in #view-{view}, {'log' if logarithmic else 'linear'}"
                for across, log in ((True, view != "steps"), (False, logarithmic)):
                    for labels in browser.js(LABELS, f"#view-{view}", across):
                        highest = placed(labels, log, what)
                        largest = max(largest, 0 if across or log else highest)
        if has(browser, f"#{view}-log"):
            browser.js(SET, f"#{view}-log", None)
        browser.js(SET, f"#{view}-quantity", options(browser, f"#{view}-quantity")[0])
    if largest < 100:
        print("no linear tick here ends in two zeros: that they stay was not tried")
    gaps(browser)


def placed(labels, log, what):
    """All lie on one line through the first and the last; returns the largest value."""
    expect(len(labels) > 1, f"{what}: an axis has the ticks {labels}")
    if len(labels) < 2:
        return 0
    values = [number(text) for text, _ in labels]
    if len(set(values)) < len(values) or (log and min(values) <= 0):
        expect(False, f"{what}: these ticks cannot be: {labels}")
        return 0
    of = math.log if log else float
    (first, start), (last, end) = [(of(values[i]), labels[i][1]) for i in (0, -1)]
    for value, (text, at) in zip(values, labels):
        right = start + (of(value) - first) / (last - first) * (end - start)
        expect(abs(right - at) < 1, f"{what}: {text} stands at {at}, not at {right}: {labels}")
    return max(values)


def number(text):
    if text.startswith("10") and text[2:3] in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹" and len(text) > 2:
        text = f"1 × {text}"
    return power(f"= {text}")


def gaps(browser):
    """A line of means has a piece for every stretch without a missing mean."""
    run = embedded(browser, "data-run")
    key = "peak_zb"
    index = [quantity["key"] for quantity in run["run_quantities"]].index(key)
    browser.js(SET, "#lr-quantity", key)
    for panel, init in enumerate(run["inits"]):
        lines = browser.js(
            "return [...document.querySelectorAll('#view-lr svg')[arguments[0]]"
            ".querySelectorAll('.curve')].map((line) => line.getAttribute('d'))",
            panel,
        )
        expected = [
            pieces
            for n in run["widths"]
            if (pieces := stretches(run["means"], (init, n), index))
        ]
        found = [line.count("M") for line in lines]
        expect(found == expected, f"{init}: lines in {found} pieces, the data has {expected}")
    browser.js(SET, "#lr-quantity", "score")


def stretches(means, of, index):
    mine = [row for row in means if (row["init"], row["n"]) == of]
    rows = sorted(mine, key=lambda row: row["lr"])
    there = [False] + [row["values"][index] is not None for row in rows]
    return sum(now and not before for before, now in zip(there, there[1:]))
