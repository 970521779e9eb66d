"""The explorer: every control changes what is drawn, every mark tells an embedded number."""

import re

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from reader import SET, TAP, changes, close, drawn, embedded, expect, has, options, point, power, tip


def controls(browser):
    """Every control changes what it is for, and nothing on the page is left out."""
    tried = set()
    views = {
        "lr": "#view-lr .charts",
        "steps": "#view-steps .charts",
        "width": "#view-width .charts",
    }
    if not has(browser, views["steps"]):
        print("no trajectories here: the chart over steps was not tried")
        del views["steps"]
    for name, view in views.items():
        for value in options(browser, f"#{name}-quantity")[1:]:
            changes(browser, f"#{name}-quantity", value, view)
        tried.add(f"{name}-quantity")
    for box, view in [
        ("lr-seeds", "lr"),
        ("lr-log", "lr"),
        ("steps-range", "steps"),
        ("steps-log", "steps"),
        ("width-lines", "width"),
    ]:
        if view in views:
            changes(browser, f"#{box}", None, views[view])
            tried.add(box)
    for group in ("init", "width"):
        for value in browser.js(
            "return [...document.getElementsByName(arguments[0])].map((i) => i.value)", group
        ):
            for view in views.values():
                changes(browser, f'input[name="{group}"][value="{value}"]', None, view)
        tried.add(group)
    changes(browser, "#gamma", "5", "#phase-map")
    changes(browser, "#gamma", "5", "#sizes")
    changes(browser, "#gamma", "5", "#all-exponents")
    changes(browser, '[data-axis="init"]', "1", "#all-exponents")
    for value in options(browser, "#down")[1:]:
        changes(browser, "#down", value, "#phase-map")
    tried |= {"gamma", "down"} | theory_axes(browser)
    every = browser.js(
        "const all = [...document.querySelectorAll('select, input')];"
        "return all.map((control) => control.dataset.axis ?? (control.id || control.name))"
    )
    left = set(every) - tried - {"verdict", "topic", "claim-search"}
    expect(not left, f"these controls were not tried: {sorted(left)}")


def theory_axes(browser):
    """Each axis changes the map; powers of the rank do where it grows."""
    axes = browser.js(
        "return [...document.querySelectorAll('[data-axis]')].map((s) => s.dataset.axis)"
    )
    for axis in axes:
        browser.js(SET, '[data-axis="rank"]', "2" if axis == "multiplier-rank" else "0")
        selector, view = f'[data-axis="{axis}"]', "#theory .map-and-table"
        now = browser.js("return document.querySelector(arguments[0]).value", selector)
        before, seen = drawn(browser, view), set()
        for value in options(browser, selector):
            browser.js(SET, selector, value)
            seen.add(drawn(browser, view))
        expect(len(seen) > 1, f"{selector} changes nothing")
        browser.js(SET, selector, now)
        expect(drawn(browser, view) == before, f"{selector} set back leaves the map changed")
    browser.js(SET, '[data-axis="rank"]', "0")
    return set(axes)


def hover_lr(browser):
    """Every mark that is pointed at tells the value of a run, a mean or an optimum of the data."""
    run = embedded(browser, "data-run")
    # By hand at first, through the real pointer.
    dot = browser.driver.find_element("css selector", "#view-lr circle.seed")
    browser.js("arguments[0].scrollIntoView({ block: 'center' })", dot)
    ActionChains(browser.driver).move_to_element(dot).perform()
    expect(tip(browser), "hovering a run shows no tooltip")
    told = 0
    for _ in range(2):
        for x in range(80, 500, 12):
            lines = point(browser, "#view-lr svg", x / 540)
            told += check_lr(run, lines) if lines else 0
        browser.js(SET, "#lr-quantity", "peak_zb")
    browser.js(SET, "#lr-quantity", "score")
    expect(told > 20, f"only {told} marks told a value")


def check_lr(run, lines):
    init, n = re.match(r"(Init\[\w+\]), n = (\d+)", lines[0]).groups()
    mine = lambda row: row["init"] == init and row["n"] == int(n)
    lr = power(lines[1])
    if lines[2].startswith("best score"):
        found = [row["score"] for row in run["optima"] if mine(row)]
    else:
        who = re.match(r"(seed \d+|mean)", lines[2]).group(1)
        rows = (
            run["means"] if who == "mean" else [r for r in run["runs"] if r["seed"] == int(who[5:])]
        )
        if "diverged" in lines[2]:
            found = [
                r
                for r in rows
                if mine(r) and close(lr, r["lr"]) and f"step {r.get('diverged')}" in lines[2]
            ]
            expect(found, f"{lines} is no run that diverged")
            return 1
        key = 3 if "peak" in lines[2] else 0
        expect(
            run["run_quantities"][key]["key"] in ("score", "peak_zb"),
            "the quantities changed places",
        )
        found = [row["values"][key] for row in rows if mine(row) and close(lr, row["lr"])]
    expect(
        any(close(power(lines[2]), value) for value in found if value is not None),
        f"{lines} is not in the data: {found}",
    )
    return 1


def hover_others(browser):
    """The other charts tell the embedded numbers, to a pointer, to a finger and to the keys."""
    run = embedded(browser, "data-run")
    lines = point(browser, "#view-steps svg", 0.6) if run["steps"] else []
    expect(bool(lines) == bool(run["steps"]), "hovering the trajectories shows no tooltip")
    if lines:
        init, n = re.match(r"(Init\[\w+\]), n = (\d+)", lines[0]).groups()
        curve = next(c for c in run["steps"] if c["init"] == init and c["n"] == int(n))
        step = int(re.match(r"step (\d+)", lines[1]).group(1))
        mean = curve["values"][0]["mean"][curve["steps"].index(step)]
        expect(close(power(lines[1]), mean), f"{lines}: the data says {mean}")
    found = [
        lines
        for x in range(10, 100, 4)
        if (lines := point(browser, "#view-width svg", x / 100, TAP, "touch"))
        and "n = " in lines[0]
    ]
    expect(found, "tapping the points against width shows no tooltip")
    for lines in found:
        init, n = re.match(r"(Init\[\w+\]), n = (\d+)", lines[0]).groups()
        row = next(
            r
            for r in run["scaling"]
            if r["quantity"] == "eta_opt" and r["init"] == init and r["n"] == int(n)
        )
        expect(close(power(lines[1]), row["value"]), f"{lines}: the data says {row['value']}")
    keys = browser.driver.find_element("css selector", "#view-width svg")
    keys.send_keys(Keys.ESCAPE)
    expect(not tip(browser), "Escape leaves the tooltip")
    seen = set()
    for key in (Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_DOWN, Keys.ARROW_RIGHT):
        keys.send_keys(key)
        seen.add(tuple(tip(browser)))
    expect(len(seen) >= 3 and () not in seen, f"the arrow keys do not walk the marks: {seen}")
    keys.send_keys(Keys.ESCAPE)
