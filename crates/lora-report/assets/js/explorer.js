// What the explorer's controls choose.

const checked = (name) =>
  [...document.querySelectorAll(`input[name="${name}"]:checked`)].map((input) => input.value);

const chosenInits = () => checked("init");
const chosenWidths = () => checked("width").map(Number);
const isOn = (id) => document.getElementById(id)?.checked ?? false;
const choice = (id) => document.getElementById(id).value;

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
