"""Opens a report in a headless Chromium and uses it as a reader would.

    check.py REPORT PICTURES

Fails with every broken expectation named; saves pictures of the page to PICTURES.
"""

import sys
from pathlib import Path

from axes import axes
from browser import Browser
from claims import claims
from contrast import CONTRAST
from exploring import controls, hover_lr, hover_others
from phone import phone
from reader import SET, expect, failures, has, point
from theory import theory


def quiet(browser, when):
    """Nothing was logged, and nothing but the page was asked for."""
    logged = browser.console()
    expect(not logged, f"{when}: the console says {logged[:3]}")
    asked = {url for url in browser.requests() if url != browser.url and "#" not in url}
    expect(not asked, f"{when}: the page asks for {sorted(asked)[:3]}")


def readable(browser, when):
    poor = browser.js(CONTRAST)
    expect(not poor, f"{when}: too little contrast: {poor[:5]}")


def fits(browser, when):
    wide, room = browser.js(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    expect(wide <= room, f"{when}: the page is {wide} wide in a window of {room}")


def named(browser):
    """Every control and every chart has a name for readers of a screen."""
    nameless = browser.js("""
        return [...document.querySelectorAll('select, input, button, svg[tabindex], [role=group]')].filter((e) =>
          !(e.getAttribute('aria-label') || e.textContent.trim() && e.tagName === 'BUTTON' || e.labels?.length))
          .map((e) => e.outerHTML.slice(0, 80))""")
    expect(not nameless, f"without a name: {nameless[:3]}")
    twice = browser.js(
        "const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);"
        "return ids.filter((id, i) => ids.indexOf(id) !== i)"
    )
    expect(not twice, f"ids twice: {twice[:3]}")


def toggles(browser):
    before = browser.js("return getComputedStyle(document.body).backgroundColor")
    browser.driver.find_element("id", "theme").click()
    expect(
        browser.js("return getComputedStyle(document.body).backgroundColor") != before,
        "the theme's button does nothing",
    )
    readable(browser, "the other theme by its button")
    browser.driver.find_element("id", "theme").click()
    expect(
        browser.js("return getComputedStyle(document.body).backgroundColor") == before,
        "the theme does not go back",
    )


def without_scripts(browser):
    """Tables, figures and words where the explorer would be."""
    browser.open(scripts=False)
    visible = (
        "const all = [...document.querySelectorAll(arguments[0])];"
        "return all.filter((e) => e.getClientRects().length).length"
    )
    browser.cdp("Emulation.setScriptExecutionDisabled", value=False)
    expect(browser.js(visible, ".app") == 0, "controls show that no script drives")
    expect(browser.js(visible, ".paper svg") >= 4, "the static figures are not there")
    expect(browser.js(visible, ".exponents tbody tr") >= 2, "the table of exponents is not there")
    if has(browser, "#claims"):
        expect(browser.js(visible, "#claims tbody tr") > 10, "the claims are not there")
    expect(
        browser.js(visible, "noscript .notice") == 2, "nothing says that the explorer needs scripts"
    )
    quiet(browser, "without scripts")


def pictures(browser, folder):
    goto = "document.getElementById(arguments[0]).scrollIntoView()"
    for name, width, height, dark in [
        ("light", 1280, 900, False),
        ("dark", 1280, 900, True),
        ("phone", 360, 740, False),
    ]:
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
        axes(browser)
        hover_lr(browser)
        hover_others(browser)
        theory(browser)
        if has(browser, "#claims"):
            claims(browser)
        else:
            print("no verdicts here: the table of claims was not tried")
        toggles(browser)
        quiet(browser, "used")
        browser.js("localStorage.clear()")
        browser.open(dark=True)
        readable(browser, "dark")
        for width in (360, 600):
            browser.open(width=width, height=740)
            fits(browser, f"{width} px")
            readable(browser, f"{width} px")
            phone(browser)
        quiet(browser, "dark and small")
        without_scripts(browser)
        pictures(browser, folder)
        quiet(browser, "photographed")
    print(
        f"{len(failures)} broken expectations" if failures else "the report does all that it should"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
