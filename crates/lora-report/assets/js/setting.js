// The theory at one setting. Every number was tabulated by the program; here it is looked up.

const axisOf = (key) => THEORY.axes.find((axis) => axis.key === key);
const choices = () =>
  THEORY.axes.map((axis) => Number(document.querySelector(`[data-axis="${axis.key}"]`).value));

/** The table's row for a choice on every axis; the last axis moves fastest. */
function rowAt(chosen) {
  const place = THEORY.axes.reduce((sum, axis, i) => sum * axis.ticks.length + chosen[i], 0);
  return named(THEORY.rows[THEORY.settings[place]]);
}

const digit = (text, index) => Number(text[index]);
const regimeAt = (row, gamma) => THEORY.regimes[digit(row.regime, gamma)];
const featureAt = (row, gamma) => THEORY.features[digit(row.features, gamma)];
const isEfficient = (row, gamma) => featureAt(row, gamma).key === "efficient";

function drawTheory() {
  const gamma = Number(choice("gamma"));
  const row = rowAt(choices());
  const text = minus(THEORY.gammas[gamma].text);
  document.getElementById("gamma-text").textContent = text;
  document.getElementById("gamma").setAttribute("aria-valuetext", text);
  drawRegime(row, gamma);
  drawSizes(row, gamma);
  drawCritical(row);
  drawMap(gamma);
  drawExponents(row, gamma);
}

/** Every quantity's exponent as a function of γ. */
function drawExponents(row, gamma) {
  const series = row.curves.map((curve, i) => ({
    color: `var(--series-${i})`,
    line: true,
    kind: THEORY.quantities[i].startsWith("Δ") ? "wide" : "",
    points:
      curve === null
        ? []
        : exponentPoints(THEORY.quantities[i], unpacked(THEORY.curves.exponents[curve])),
  }));
  // The wide ones lie below.
  series.sort((a, b) => b.kind.length - a.kind.length);
  chart(document.getElementById("all-exponents"), {
    x: { label: "γ in η = Θ(n^γ)", log: false, present: THEORY.gammas[gamma].at },
    y: { label: "exponent of the size", log: false },
    panels: [{ title: "Size as a power of n", series }],
  });
}

function exponentPoints(name, units) {
  return THEORY.gammas.map(({ text, at }, i) => ({
    x: at,
    y: units[i] === null ? null : units[i] / THEORY.denominator,
    tip: [
      name,
      `γ = ${minus(text)}`,
      `size n^{${units[i] === null ? "" : fraction(units[i], THEORY.denominator)}}`,
    ],
  }));
}

function drawRegime(row, gamma) {
  const [regime, feature] = [regimeAt(row, gamma), featureAt(row, gamma)];
  document
    .getElementById("regime")
    .replaceChildren(
      tag("span", { class: "swatch", style: `background:var(--regime-${regime.key})` }),
      tag("strong", {}, regime.name),
      " ",
      ...rich(regime.means),
      " Features alone: ",
      tag("em", {}, feature.name),
      ". ",
      ...rich(feature.means),
    );
}

/** Every quantity's exponent and what that means. */
function drawSizes(row, gamma) {
  const cells = THEORY.quantities.map((name, i) => {
    const curve = row.curves[i];
    const [size, says] =
      curve === null
        ? ["–", "the layer alone has no output"]
        : sizeOf(unpacked(THEORY.curves.exponents[curve])[gamma]);
    return tag(
      "tr",
      {},
      tag("th", { scope: "row" }, ...rich(name)),
      tag("td", { class: "number" }, ...size),
      tag("td", {}, says),
    );
  });
  document.getElementById("sizes").replaceChildren(...cells);
}

function sizeOf(units) {
  if (units === null) return ["0", "exactly zero"];
  if (units === 0) return ["1", "stays at order one"];
  const exponent = tag("sup", {}, fraction(units, THEORY.denominator));
  return [["n", exponent], units > 0 ? "grows" : "shrinks"];
}

function drawCritical(row) {
  const line = (name, text) =>
    tag("div", {}, tag("dt", {}, ...rich(name)), tag("dd", {}, largest(text)));
  document
    .getElementById("critical")
    .replaceChildren(
      tag(
        "dl",
        { class: "facts" },
        line("η_{opt}: largest η with a bounded output (layer alone: Z_{B})", row.optimal),
        line("η_{stable}: largest η with a bounded Z_{B}", row.stable),
        line("largest η with a bounded Z_{A}", row.internally_stable),
      ),
    );
}

function largest(text) {
  if (text === "none" || text === "any") return text;
  return tag("span", {}, ...rich(text));
}
