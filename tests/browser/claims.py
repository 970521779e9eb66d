"""The table of claims: its filters, and the tests that unfold."""

from reader import SET, embedded, expect, options


def claims(browser):
    """The filters leave what they say, and tests unfold."""
    shown = lambda: browser.js(
        "const rows = [...document.querySelectorAll('#claims tbody tr[data-kind]')];"
        "return rows.filter((row) => !row.hidden).map((row) => row.dataset.kind)"
    )
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
    expect(
        browser.js("return document.getElementById('claims-shown').textContent").startswith(
            f"{len(shown())} of"
        ),
        "the count is wrong",
    )
    browser.js(SET, "#claim-search", "")
    tests = embedded(browser, "data-tests")
    button = browser.driver.find_element("css selector", "#claims button")
    claim = browser.js("return arguments[0].closest('tr').dataset.claim", button)
    browser.js("arguments[0].click()", button)
    rows = browser.js(
        "return [...document.querySelectorAll('#claims .tests tbody tr')].map((r) => r.textContent)"
    )
    expect(
        len(rows) == len(tests[claim]),
        f"{claim} has {len(tests[claim])} tests, shown are {len(rows)}",
    )
    browser.js("arguments[0].click()", button)
    expect(
        not browser.js("return document.querySelector('#claims .tests')"), "tests do not fold again"
    )
