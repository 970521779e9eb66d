// The table of claims: which are shown, and the tests behind each.

const claimRows = [...document.querySelectorAll("#claims tbody tr")];

function filterClaims() {
  const kinds = checked("verdict");
  const topic = choice("topic");
  const words = choice("claim-search").toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of claimRows) {
    const text = row.textContent.toLowerCase();
    const on =
      kinds.includes(row.dataset.kind) &&
      (!topic || row.dataset.topic === topic) &&
      words.every((word) => text.includes(word));
    row.hidden = !on;
    if (row.unfolded) row.unfolded.hidden = !on;
    shown += on ? 1 : 0;
  }
  document.getElementById("claims-shown").textContent = `${shown} of ${claimRows.length} shown`;
}

/** A button in each claim that unfolds its tests. */
function addTests() {
  for (const row of claimRows) {
    const { claim } = row.dataset;
    const tests = Object.hasOwn(TESTS, claim) ? TESTS[claim] : [];
    if (!tests.length) continue;
    const name = tests.length === 1 ? "1 test" : `${tests.length} tests`;
    const button = tag("button", { type: "button", "aria-expanded": "false" }, name);
    button.addEventListener("click", () => unfold(row, tests, button));
    row.cells[1].append(button);
  }
}

function unfold(row, tests, button) {
  if (row.unfolded) {
    row.unfolded.remove();
    row.unfolded = null;
  } else {
    row.unfolded = tag(
      "tr",
      { class: "tests" },
      tag("td", { colspan: row.cells.length }, testTable(tests)),
    );
    row.after(row.unfolded);
  }
  button.setAttribute("aria-expanded", String(Boolean(row.unfolded)));
}

function testTable(tests) {
  const head = ["Init", "Quantity", "γ of η", "Predicted", "Measured", "95% interval", "Verdict"];
  const decimals = (x) => (x === null ? "–" : minus(x.toFixed(3)));
  const cells = (test) => [
    test.init,
    test.quantity,
    minus(test.rates),
    minus(test.predicted),
    decimals(test.estimate),
    test.lower === null ? "–" : `[${decimals(test.lower)}, ${decimals(test.upper)}]`,
    test.verdict,
  ];
  const row = (test) => tag("tr", {}, ...cells(test).map((text) => tag("td", {}, text)));
  return tag(
    "table",
    {},
    tag("thead", {}, tag("tr", {}, ...head.map((text) => tag("th", { scope: "col" }, text)))),
    tag("tbody", {}, ...tests.map(row)),
  );
}
