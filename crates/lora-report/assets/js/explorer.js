// What the explorer's controls choose.

const checked = (name) =>
  [...document.querySelectorAll(`input[name="${name}"]:checked`)].map((input) => input.value);

const chosenInits = () => checked("init");
const chosenWidths = () => checked("width").map(widthOf);
const isOn = (id) => document.getElementById(id)?.checked ?? false;
const choice = (id) => document.getElementById(id).value;

/** A width is a number, or "inf". */
const widthOf = (text) => (text === "inf" ? text : Number(text));
const widthText = (n) => (n === "inf" ? "∞" : String(n));

/** Where a width stands on an axis: an infinite one right of the widest of all. */
function widthPlace(n) {
  if (n !== "inf") return n;
  const finite = RUN.widths.filter((other) => other !== "inf");
  if (!finite.length) return 1;
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  return high * Math.max(2, (high / low) ** 0.15);
}

/** Colours follow the theme by themselves. */
const widthColor = (n) => `var(--width-${RUN.widths.indexOf(n)})`;
const initColor = (init) => `var(--init-${init.replace(/^Init\[|\]$/g, "")})`;

/** The quantity that a list names, with its place in the rows. */
function quantity(list, key) {
  const index = list.findIndex((named) => named.key === key);
  return { index, ...list[index] };
}

/** The element that a view draws into. */
const chartsOf = (view) => document.querySelector(`#${view} .charts`);
