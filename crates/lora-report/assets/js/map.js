// The map of the theory: regimes over γ and one axis, and the point that is chosen.

/** γ to the right, the chosen axis down. */
function drawMap(gamma) {
  const parent = document.getElementById("phase-map");
  const down = THEORY.axes.findIndex((axis) => axis.key === choice("down"));
  const chosen = choices();
  const rows = THEORY.axes[down].ticks.map((_, i) =>
    rowAt(chosen.map((c, axis) => (axis === down ? i : c))),
  );
  const figure = tag(
    "figure",
    { class: "panel" },
    tag("figcaption", {}, "Regime at each γ and ", ...rich(THEORY.axes[down].name)),
  );
  const focused = parent.contains(document.activeElement);
  parent.replaceChildren(figure);
  const width = Math.max(figure.clientWidth - 24, 220);
  const tall = Math.max(Math.min(26, 320 / rows.length), 18);
  const place = {
    left: 46,
    top: 8,
    cell: (width - 54) / THEORY.gammas.length,
    tall,
    rows,
    down,
    width,
  };
  const height = place.top + tall * rows.length + 40;
  const svg = shape("svg", {
    viewBox: `0 0 ${width} ${height}`,
    height,
    tabindex: 0,
    role: "application",
    "aria-roledescription": "map",
    "aria-label": `Regimes over γ and ${THEORY.axes[down].name}. Arrow keys move the point.`,
  });
  rows.forEach((row, i) => mapRow(svg, row, i, place));
  drawCriticalLines(svg, place);
  drawOwn(svg, chosen, place);
  const [x, y] = [place.left + gamma * place.cell, place.top + chosen[down] * tall];
  for (const name of ["here", "here-inner"]) {
    svg.append(
      shape("rect", {
        class: name,
        x: x - 2,
        y: y - 1,
        width: place.cell + 4,
        height: tall + 2,
        rx: 2,
      }),
    );
  }
  mapTicks(svg, place, height);
  figure.append(axisLabel(THEORY.axes[down].name, "↓"), svg);
  mapPointing(svg, place);
  if (focused) svg.focus();
}

function mapRow(svg, row, i, { left, top, cell, tall, down }) {
  THEORY.gammas.forEach((_, g) => {
    const [x, y] = [left + g * cell, top + i * tall];
    const fill = `var(--regime-${regimeAt(row, g).key})`;
    svg.append(
      shape("rect", { class: "cell", x, y, width: cell, height: tall, style: `fill:${fill}` }),
    );
    if (isEfficient(row, g))
      svg.append(
        shape("circle", { class: "efficient", cx: x + cell / 2, cy: y + tall / 2, r: 2.2 }),
      );
  });
  const text = minus(THEORY.axes[down].ticks[i].text);
  svg.append(
    shape(
      "text",
      { class: "tick", x: left - 8, y: top + (i + 0.5) * tall + 4, "text-anchor": "end" },
      text,
    ),
  );
}

/** Where γ lies, at the middle of its cell. */
function gammaX(gamma, { left, cell }) {
  const [first, second] = [THEORY.gammas[0].at, THEORY.gammas[1].at];
  return left + ((gamma - first) / (second - first) + 0.5) * cell;
}

function inside(gamma) {
  return gamma !== null && gamma >= THEORY.gammas[0].at && gamma <= THEORY.gammas.at(-1).at;
}

function drawCriticalLines(svg, place) {
  for (const [key, name] of [
    ["optimal", ""],
    ["stable", "stable"],
  ]) {
    let d = "";
    place.rows.forEach((row, i) => {
      const gamma = exponentOf(row[key]);
      if (!inside(gamma)) return;
      const [x, y] = [gammaX(gamma, place), place.top + i * place.tall];
      d += `M${x} ${y}V${y + place.tall}`;
    });
    if (d) svg.append(shape("path", { class: `critical ${name}`, d }));
  }
}

/** The run's measured exponents, where the map holds the run's own setting. */
function drawOwn(svg, chosen, place) {
  const init = THEORY.axes.findIndex((axis) => axis.key === "init");
  const elsewhere = THEORY.axes.some(
    (axis, i) => i !== init && i !== place.down && chosen[i] !== axis.start,
  );
  if (elsewhere) return;
  const color = initColor(THEORY.axes[init].ticks[chosen[init]].text);
  const row = THEORY.axes[place.down].start;
  THEORY.own
    .filter((own) => own.init === chosen[init])
    .forEach((own, i) => {
      const y = place.top + (row + 0.3 + 0.4 * i) * place.tall;
      const ends = [own.lower, own.upper]
        .map((g) => (g === null ? own.gamma : g))
        .map((g) => gammaX(g, place));
      const clamp = (x) => Math.min(Math.max(x, place.left), place.width - 8);
      const bar = shape("path", {
        d: `M${clamp(ends[0])} ${y}H${clamp(ends[1])}`,
        style: `stroke:${color}`,
        "stroke-width": 3,
      });
      const mark = shape("g", { class: "own" }, shape("title", {}, ownText(own)), bar);
      if (inside(own.gamma))
        mark.append(
          shape("circle", { cx: gammaX(own.gamma, place), cy: y, r: 4, style: `fill:${color}` }),
        );
      svg.append(mark);
    });
}

/** A measured exponent in words, without markup. */
function ownText({ name, gamma, lower, upper }) {
  const decimals = (x) => minus(x.toFixed(2));
  const range = lower === null ? "" : `, 95% interval ${decimals(lower)} to ${decimals(upper)}`;
  return `${name.replace(/[{}]/g, "")} measured: γ = ${decimals(gamma)}${range}`;
}

function mapTicks(svg, place, height) {
  const bottom = place.top + place.rows.length * place.tall;
  THEORY.gammas.forEach((gamma, i) => {
    if ((gamma.at * 2) % 1) return;
    const x = place.left + (i + 0.5) * place.cell;
    svg.append(shape("line", { class: "axis", x1: x, x2: x, y1: bottom, y2: bottom + 4 }));
    svg.append(
      shape(
        "text",
        { class: "tick", x, y: bottom + 17, "text-anchor": "middle" },
        minus(gamma.text),
      ),
    );
  });
  const middle = place.left + (place.width - 54) / 2;
  svg.append(
    richShape(
      { x: middle, y: height - 4, "text-anchor": "middle" },
      "γ in η = Θ(n^γ);  solid η_{opt}, dotted η_{stable}",
    ),
  );
}

/** A click chooses a cell; the arrow keys move from cell to cell. */
function mapPointing(svg, place) {
  const at = (event) => {
    const box = svg.getBoundingClientRect();
    const factor = svg.viewBox.baseVal.width / box.width;
    const g = Math.floor(((event.clientX - box.left) * factor - place.left) / place.cell);
    const i = Math.floor(((event.clientY - box.top) * factor - place.top) / place.tall);
    return g >= 0 && g < THEORY.gammas.length && i >= 0 && i < place.rows.length ? [g, i] : null;
  };
  svg.addEventListener("pointermove", (event) => {
    const cell = at(event);
    if (!cell) return hideTip();
    const [g, i] = cell;
    const box = svg.getBoundingClientRect();
    const axis = THEORY.axes[place.down];
    showTip(
      [
        regimeAt(place.rows[i], g).name,
        `γ = ${minus(THEORY.gammas[g].text)}`,
        `${axis.name} = ${minus(axis.ticks[i].text)}`,
        `features: ${featureAt(place.rows[i], g).name}`,
      ],
      svg,
      event.clientX - box.left,
      event.clientY - box.top,
    );
  });
  svg.addEventListener("pointerleave", () => hideTip());
  svg.addEventListener("click", (event) => {
    const cell = at(event);
    if (cell) choose(place, cell[0], cell[1]);
  });
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ];
    if (!step) return;
    event.preventDefault();
    const now = Number(choice("gamma"));
    choose(place, now + step[0], choices()[place.down] + step[1]);
  });
}

function choose(place, g, i) {
  const gammas = THEORY.gammas.length;
  document.getElementById("gamma").value = Math.min(Math.max(g, 0), gammas - 1);
  const select = document.querySelector(`[data-axis="${THEORY.axes[place.down].key}"]`);
  select.value = Math.min(Math.max(i, 0), place.rows.length - 1);
  drawTheory();
}
