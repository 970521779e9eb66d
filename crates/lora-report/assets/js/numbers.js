// Numbers as readers want them; the tables, made by the program, write them alike.

const RAISED = {
  "-": "⁻",
  0: "⁰",
  1: "¹",
  2: "²",
  3: "³",
  4: "⁴",
  5: "⁵",
  6: "⁶",
  7: "⁷",
  8: "⁸",
  9: "⁹",
};

/** An integer in superscript digits. */
const raised = (power) => String(power).replace(/./g, (c) => RAISED[c]);

/** With a typographic minus. */
const minus = (text) => String(text).replaceAll("-", "−");

/** A number to so many significant digits: 0.0123, 1.2 × 10⁻⁴. */
function significant(x, digits) {
  if (x === null || x === undefined || !Number.isFinite(x)) return "–";
  if (x === 0) return "0";
  const [mantissa, power] = x.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  if (exponent >= -3 && exponent < Math.max(digits, 5)) {
    return minus(x.toFixed(Math.max(digits - 1 - exponent, 0)));
  }
  return `${minus(mantissa)} × 10${raised(exponent)}`;
}

/** A tick of a logarithmic axis. */
function tickText(x) {
  const power = Math.round(Math.log10(x));
  const whole = Math.abs(Math.log10(x) - power) < 1e-9;
  if (whole && (power < -2 || power > 3)) return `10${raised(power)}`;
  return exactText(x);
}

/** A number with the digits that it has: 100, 0.55, 3 × 10⁵. */
function exactText(x) {
  const [mantissa] = x.toExponential().split("e");
  return significant(x, mantissa.replace(/[-.]/g, "").length);
}

/** A fraction in lowest terms, from whole numbers. */
function fraction(numerator, denominator) {
  let [a, b] = [Math.abs(numerator), denominator];
  while (b) [a, b] = [b, a % b];
  const [above, below] = [numerator / a, denominator / a];
  return minus(below === 1 ? String(above) : `${above}/${below}`);
}

/** The exponent in "n^-3/4", "n" or "1"; null for "none" and "any". */
function exponentOf(text) {
  if (text === "1") return 0;
  if (text === "n") return 1;
  const parts = /^n\^(-?\d+)(?:\/(\d+))?$/.exec(text);
  return parts ? Number(parts[1]) / Number(parts[2] ?? 1) : null;
}
