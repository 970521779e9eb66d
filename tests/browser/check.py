"""Opens a report in a headless Chromium and uses it as a reader would.

    check.py REPORT PICTURES

Fails with every broken expectation named; saves pictures of the page to PICTURES.
"""

import json
import re
import sys
from pathlib import Path

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from browser import Browser
from contrast import CONTRAST

failures = []


def expect(holds, what):
    if not holds:
        failures.append(what)
        print(f"FAIL {what}")


def quiet(browser, when):
    """Nothing was logged, and nothing but the page was asked for."""
    logged = browser.console()
    expect(not logged, f"{when}: the console says {logged[:3]}")
    asked = {url for url in browser.requests() if url != browser.url and "#" not in url}
    expect(not asked, f"{when}: the page asks for {sorted(asked)[:3]}")


def drawn(browser, selector):
    """All that an element shows: shapes, places, text."""
    return browser.js("return document.querySelector(arguments[0])?.innerHTML ?? ''", selector)


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
    return browser.js("return [...document.querySelector(arguments[0]).options].map((o) => o.value)", selector)


def controls(browser):
    """Every control changes what it is for, and nothing on the page is left out."""
    tried = set()
    views = {"lr": "#view-lr .charts", "steps": "#view-steps .charts", "width": "#view-width .charts"}
    for name, view in views.items():
        for value in options(browser, f"#{name}-quantity")[1:]:
            changes(browser, f"#{name}-quantity", value, view)
        tried.add(f"{name}-quantity")
    for box, view in [("lr-seeds", "lr"), ("lr-log", "lr"), ("steps-range", "steps"), ("steps-log", "steps"), ("width-lines", "width")]:
        changes(browser, f"#{box}", None, views[view])
        tried.add(box)
    for group in ("init", "width"):
        for value in browser.js("return [...document.getElementsByName(arguments[0])].map((i) => i.value)", group):
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
    every = browser.js("return [...document.querySelectorAll('select, input')].map((c) => c.dataset.axis ?? (c.id || c.name))")
    left = set(every) - tried - {"verdict", "topic", "claim-search"}
    expect(not left, f"these controls were not tried: {sorted(left)}")


def theory_axes(browser):
    """Each axis changes the map; powers of the rank do where it grows."""
    axes = browser.js("return [...document.querySelectorAll('[data-axis]')].map((s) => s.dataset.axis)")
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


def power(text):
    """A number as the page writes it."""
    digits = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")
    found = re.search(r"= ([−\d.]+)(?: × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?$", text)
    mantissa, exponent = found.groups()
    return float(mantissa.translate(digits)) * 10 ** int((exponent or "0").translate(digits))


def close(a, b):
    return abs(a - b) <= 0.006 * abs(b)


def tip(browser):
    return browser.js("const t = document.getElementById('tooltip'); return t.hidden ? [] : [...t.childNodes].map((n) => n.textContent)")


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


# Moves a pointer over the middle of a chart and tells what the tooltip says.
POINT = """
const svg = document.querySelector(arguments[0]);
svg.scrollIntoView({ block: 'center' });
const box = svg.getBoundingClientRect();
const at = { clientX: box.left + arguments[1] * box.width, clientY: box.top + arguments[3] * box.height, bubbles: true };
svg.dispatchEvent(new PointerEvent(arguments[2], at));
"""


def point(browser, selector, x, event="pointermove"):
    """The tooltip at a share of a chart's width, at the first of some heights that has one."""
    for y in (0.6, 0.5, 0.7, 0.4, 0.8, 0.3, 0.2, 0.1):
        browser.js(POINT, selector, x, event, y)
        if lines := tip(browser):
            return lines
    return []


def check_lr(run, lines):
    init, n = re.match(r"(Init\[\w+\]), n = (\d+)", lines[0]).groups()
    mine = lambda row: row["init"] == init and row["n"] == int(n)
    lr = power(lines[1])
    if lines[2].startswith("best score"):
        found = [row["score"] for row in run["optima"] if mine(row)]
    else:
        who = re.match(r"(seed \d+|mean)", lines[2]).group(1)
        rows = run["means"] if who == "mean" else [r for r in run["runs"] if r["seed"] == int(who[5:])]
        if "diverged" in lines[2]:
            found = [r for r in rows if mine(r) and close(lr, r["lr"]) and f"step {r.get('diverged')}" in lines[2]]
            expect(found, f"{lines} is no run that diverged")
            return 1
        key = 3 if "peak" in lines[2] else 0
        expect(run["run_quantities"][key]["key"] in ("score", "peak_zb"), "the quantities changed places")
        found = [row["values"][key] for row in rows if mine(row) and close(lr, row["lr"])]
    expect(any(close(power(lines[2]), value) for value in found if value is not None), f"{lines} is not in the data: {found}")
    return 1


def hover_others(browser):
    """The other charts tell the embedded numbers, to a pointer, to a finger and to the keys."""
    run = embedded(browser, "data-run")
    lines = point(browser, "#view-steps svg", 0.6)
    expect(bool(lines), "hovering the trajectories shows no tooltip")
    if lines:
        init, n = re.match(r"(Init\[\w+\]), n = (\d+)", lines[0]).groups()
        curve = next(c for c in run["steps"] if c["init"] == init and c["n"] == int(n))
        step = int(re.match(r"step (\d+)", lines[1]).group(1))
        mean = curve["values"][0]["mean"][curve["steps"].index(step)]
        expect(close(power(lines[1]), mean), f"{lines}: the data says {mean}")
    found = [lines for x in range(10, 100, 4) if (lines := point(browser, "#view-width svg", x / 100, "pointerdown")) and "n = " in lines[0]]
    expect(found, "tapping the points against width shows no tooltip")
    for lines in found:
        init, n = re.match(r"(Init\[\w+\]), n = (\d+)", lines[0]).groups()
        row = next(r for r in run["scaling"] if r["quantity"] == "eta_opt" and r["init"] == init and r["n"] == int(n))
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


def theory(browser):
    """What the map shows is what the program tabulated, at the pointer, the slider and the keys."""
    table = embedded(browser, "data-theory")
    started = browser.js("return document.getElementById('gamma-text').textContent")
    expect(started == table["gammas"][table["start"]]["text"].replace("-", "−"), f"γ starts at {started}")
    for index in (0, 11, 23, len(table["gammas"]) - 1):
        browser.js(SET, "#gamma", str(index))
        place = 0
        for axis in table["axes"]:
            value = browser.js("return Number(document.querySelector(`[data-axis=\"${arguments[0]}\"]`).value)", axis["key"])
            place = place * len(axis["ticks"]) + value
        curves, regime, _, critical = table["rows"][table["settings"][place]]
        name = table["regimes"][int(table["curves"]["regimes"][regime][index])]["name"]
        shown = browser.js("return document.querySelector('#regime strong').textContent")
        expect(shown == name, f"γ {index}: the regime is {name}, shown is {shown}")
        rows = browser.js("return [...document.querySelectorAll('#sizes tr')].map((r) => r.cells[1].textContent)")
        for quantity, curve, text in zip(table["quantities"], curves, rows):
            expected = size(table, curve, index)
            expect(text == expected, f"γ {index}, {quantity}: {expected}, shown is {text}")
        text = browser.js("return document.querySelector('#critical dd').textContent")
        expect(text == critical[0].replace("^", "").replace("-", "−"), f"η_opt is {critical[0]}, shown is {text}")
    lines = point(browser, "#all-exponents svg", 0.5)
    expect(len(lines) == 3 and lines[0] in [flat(name) for name in table["quantities"]], f"the exponents' tooltip says {lines}")
    if len(lines) == 3:
        index = [gamma["text"] for gamma in table["gammas"]].index(lines[1][4:].replace("−", "-"))
        curve = curves[[flat(name) for name in table["quantities"]].index(lines[0])]
        shown = lines[2].removeprefix("size ")
        expect(shown.replace("n0", "1") == size(table, curve, index), f"{lines}: the data says {size(table, curve, index)}")
    browser.js(SET, "#gamma", str(table["start"]))
    cell = browser.driver.find_elements("css selector", "#phase-map .cell")[3]
    browser.js("arguments[0].scrollIntoView({ block: 'center' })", cell)
    ActionChains(browser.driver).move_to_element(cell).click().perform()
    expect(browser.js("return document.getElementById('gamma').value") == "3", "a click on the map does not choose γ")
    browser.driver.find_element("css selector", "#phase-map svg").send_keys(Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
    expect(browser.js("return document.getElementById('gamma').value") == "4", "the arrow keys do not move the point")
    browser.js(SET, '[data-axis="readout"]', str(table["axes"][3]["start"]))
    browser.js(SET, "#gamma", str(table["start"]))


def flat(name):
    return name.replace("_{", "").replace("}", "")


def size(table, curve, index):
    if curve is None:
        return "–"
    packed = table["curves"]["exponents"][curve]
    if packed is None:
        return "0"
    units = packed[0]
    steps = [step for step, times in zip(packed[1::2], packed[2::2]) for _ in range(times)]
    units += sum(steps[:index])
    if units == 0:
        return "1"
    from fractions import Fraction

    return "n" + str(Fraction(units, table["denominator"])).replace("-", "−")


def claims(browser):
    """The filters leave what they say, and tests unfold."""
    shown = lambda: browser.js("return [...document.querySelectorAll('#claims tbody tr[data-kind]')].filter((r) => !r.hidden).map((r) => r.dataset.kind)")
    every = shown()
    expect(every, "there are no claims")
    for kind in ("holds", "undecided", "refuted", "control"):
        browser.js(SET, f'input[name="verdict"][value="{kind}"]', None)
        expect(shown() == [k for k in every if k != kind], f"without {kind} others go, too")
        browser.js(SET, f'input[name="verdict"][value="{kind}"]', None)
    topics = options(browser, "#topic")[1:]
    counts = []
    for topic in topics:
        browser.js(SET, "#topic", topic)
        counts.append(len(shown()))
    browser.js(SET, "#topic", "")
    expect(all(counts) and sum(counts) == len(every), f"topics hold {counts} of {len(every)}")
    name = browser.js("return document.querySelectorAll('#claims tbody tr')[2].dataset.claim")
    browser.js(SET, "#claim-search", name)
    expect(0 < len(shown()) < len(every), "searching a claim's name does not find it alone")
    expect(browser.js("return document.getElementById('claims-shown').textContent").startswith(f"{len(shown())} of"), "the count is wrong")
    browser.js(SET, "#claim-search", "")
    tests = embedded(browser, "data-tests")
    button = browser.driver.find_element("css selector", "#claims button")
    claim = browser.js("return arguments[0].closest('tr').dataset.claim", button)
    browser.js("arguments[0].click()", button)
    rows = browser.js("return [...document.querySelectorAll('#claims .tests tbody tr')].map((r) => r.textContent)")
    expect(len(rows) == len(tests[claim]), f"{claim} has {len(tests[claim])} tests, shown are {len(rows)}")
    browser.js("arguments[0].click()", button)
    expect(not browser.js("return document.querySelector('#claims .tests')"), "tests do not fold again")


def readable(browser, when):
    poor = browser.js(CONTRAST)
    expect(not poor, f"{when}: too little contrast: {poor[:5]}")


def fits(browser, when):
    wide, room = browser.js("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    expect(wide <= room, f"{when}: the page is {wide} wide in a window of {room}")


def named(browser):
    """Every control and every chart has a name for readers of a screen."""
    nameless = browser.js("""
        return [...document.querySelectorAll('select, input, button, svg[tabindex], [role=group]')].filter((e) =>
          !(e.getAttribute('aria-label') || e.textContent.trim() && e.tagName === 'BUTTON' || e.labels?.length))
          .map((e) => e.outerHTML.slice(0, 80))""")
    expect(not nameless, f"without a name: {nameless[:3]}")
    twice = browser.js("const ids = [...document.querySelectorAll('[id]')].map((e) => e.id); return ids.filter((id, i) => ids.indexOf(id) !== i)")
    expect(not twice, f"ids twice: {twice[:3]}")


def toggles(browser):
    before = browser.js("return getComputedStyle(document.body).backgroundColor")
    browser.driver.find_element("id", "theme").click()
    expect(browser.js("return getComputedStyle(document.body).backgroundColor") != before, "the theme's button does nothing")
    readable(browser, "the other theme by its button")
    browser.driver.find_element("id", "theme").click()
    expect(browser.js("return getComputedStyle(document.body).backgroundColor") == before, "the theme does not go back")


def without_scripts(browser):
    """Tables, figures and words where the explorer would be."""
    browser.open(scripts=False)
    visible = "return [...document.querySelectorAll(arguments[0])].filter((e) => e.getClientRects().length).length"
    browser.cdp("Emulation.setScriptExecutionDisabled", value=False)
    expect(browser.js(visible, ".app") == 0, "controls show that no script drives")
    expect(browser.js(visible, ".paper svg") >= 4, "the static figures are not there")
    expect(browser.js(visible, ".exponents tbody tr") >= 2, "the table of exponents is not there")
    expect(browser.js(visible, "#claims tbody tr") > 10, "the claims are not there")
    expect(browser.js(visible, "noscript .notice") == 2, "nothing says that the explorer needs scripts")
    quiet(browser, "without scripts")


def pictures(browser, folder):
    goto = "document.getElementById(arguments[0]).scrollIntoView()"
    for name, width, height, dark in [("light", 1280, 900, False), ("dark", 1280, 900, True), ("phone", 360, 740, False)]:
        browser.open(width, height, dark)
        browser.save(folder / f"{name}.png", whole=True)
        for section in ("explore", "theory", "verdicts"):
            browser.js(goto, section)
            browser.save(folder / f"{name}-{section}.png")
    browser.open()
    browser.js(SET, "#lr-quantity", "peak_zb")
    browser.js(SET, 'input[name="init"][value="Init[B]"]', None)
    point(browser, "#view-lr svg", 0.6)
    browser.save(folder / "explored.png")


def main():
    page, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with Browser(page) as browser:
        browser.open()
        quiet(browser, "opened")
        named(browser)
        fits(browser, "1280 px")
        readable(browser, "light")
        controls(browser)
        hover_lr(browser)
        hover_others(browser)
        theory(browser)
        claims(browser)
        toggles(browser)
        quiet(browser, "used")
        browser.js("localStorage.clear()")
        browser.open(dark=True)
        readable(browser, "dark")
        for width in (360, 600):
            browser.open(width=width, height=740)
            fits(browser, f"{width} px")
            readable(browser, f"{width} px")
        quiet(browser, "dark and small")
        without_scripts(browser)
        pictures(browser, folder)
        quiet(browser, "photographed")
    print(f"{len(failures)} broken expectations" if failures else "the report does all that it should")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
