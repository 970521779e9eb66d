"""The map of the theory shows what the program tabulated."""

from fractions import Fraction

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from reader import SET, embedded, expect, flat, point


def theory(browser):
    """What the map shows is what the program tabulated, at the pointer, the slider and the keys."""
    table = embedded(browser, "data-theory")
    started = browser.js("return document.getElementById('gamma-text').textContent")
    expect(
        started == table["gammas"][table["start"]]["text"].replace("-", "−"),
        f"γ starts at {started}",
    )
    for index in (0, 11, 23, len(table["gammas"]) - 1):
        browser.js(SET, "#gamma", str(index))
        place = 0
        for axis in table["axes"]:
            value = browser.js(
                'return Number(document.querySelector(`[data-axis="${arguments[0]}"]`).value)',
                axis["key"],
            )
            place = place * len(axis["ticks"]) + value
        curves, regime, _, critical = table["rows"][table["settings"][place]]
        name = table["regimes"][int(table["curves"]["regimes"][regime][index])]["name"]
        shown = browser.js("return document.querySelector('#regime strong').textContent")
        expect(shown == name, f"γ {index}: the regime is {name}, shown is {shown}")
        rows = browser.js(
            "return [...document.querySelectorAll('#sizes tr')].map((r) => r.cells[1].textContent)"
        )
        for quantity, curve, text in zip(table["quantities"], curves, rows):
            expected = size(table, curve, index)
            expect(text == expected, f"γ {index}, {quantity}: {expected}, shown is {text}")
        text = browser.js("return document.querySelector('#critical dd').textContent")
        expect(
            text == critical[0].replace("^", "").replace("-", "−"),
            f"η_opt is {critical[0]}, shown is {text}",
        )
    lines = point(browser, "#all-exponents svg", 0.5)
    expect(
        len(lines) == 3 and lines[0] in [flat(name) for name in table["quantities"]],
        f"the exponents' tooltip says {lines}",
    )
    if len(lines) == 3:
        index = [gamma["text"] for gamma in table["gammas"]].index(lines[1][4:].replace("−", "-"))
        curve = curves[[flat(name) for name in table["quantities"]].index(lines[0])]
        shown = lines[2].removeprefix("size ")
        expect(
            shown.replace("n0", "1") == size(table, curve, index),
            f"{lines}: the data says {size(table, curve, index)}",
        )
    browser.js(SET, "#gamma", str(table["start"]))
    titles = browser.js(
        "return [...document.querySelectorAll('#phase-map .own title')].map((t) => t.textContent)"
    )
    init = next(axis["start"] for axis in table["axes"] if axis["key"] == "init")
    names = [
        own["name"].replace("{", "").replace("}", "")
        for own in table["own"]
        if own["init"] == init
    ]
    expect(
        [title.split()[0] for title in titles] == names,
        f"the measured exponents on the map are {titles}, not {names}",
    )
    cell = browser.driver.find_elements("css selector", "#phase-map .cell")[3]
    browser.js("arguments[0].scrollIntoView({ block: 'center' })", cell)
    ActionChains(browser.driver).move_to_element(cell).click().perform()
    expect(
        browser.js("return document.getElementById('gamma').value") == "3",
        "a click on the map does not choose γ",
    )
    browser.driver.find_element("css selector", "#phase-map svg").send_keys(
        Keys.ARROW_RIGHT, Keys.ARROW_DOWN
    )
    expect(
        browser.js("return document.getElementById('gamma').value") == "4",
        "the arrow keys do not move the point",
    )
    browser.js(SET, '[data-axis="readout"]', str(table["axes"][3]["start"]))
    browser.js(SET, "#gamma", str(table["start"]))


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
    return "n" + str(Fraction(units, table["denominator"])).replace("-", "−")
