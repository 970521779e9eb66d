// A chart: panels side by side with common axes, and marks that tell their values.
//
// A panel holds series; a series is {color, points, line, dots, band, kind}, a point
// {x, y, low, high, open, tip}. Every point with a tip can be pointed at.

const MARGIN = { left: 62, right: 14, top: 10, bottom: 44 };

/** Draws a chart into an element, and again whenever its width changes. */
function chart(parent, spec) {
  parent.drawn = spec;
  const draw = () => {
    hideTip();
    parent.replaceChildren();
    const figures = parent.drawn.panels.map((panel) => {
      const figure = tag("figure", { class: "panel" }, tag("figcaption", {}, ...rich(panel.title)));
      parent.append(figure);
      return figure;
    });
    const axes = commonAxes(parent.drawn);
    parent.drawn.panels.forEach((panel, i) => drawPanel(figures[i], parent.drawn, panel, axes));
  };
  draw();
  if (parent.watched) return;
  parent.watched = true;
  let width = parent.clientWidth;
  new ResizeObserver(() => {
    if (parent.clientWidth === width) return;
    width = parent.clientWidth;
    parent.dispatchEvent(new Event("redraw"));
  }).observe(parent);
  parent.addEventListener("redraw", draw);
}

/** What all panels span together. */
function commonAxes({ panels, x, y }) {
  const points = panels.flatMap((panel) => panel.series.flatMap((series) => series.points));
  const xs = extent(
    points.map((point) => point.x),
    x.log,
  );
  const ys = extent(
    points.flatMap((point) => [point.y, point.low, point.high]),
    y.log,
  );
  if (!xs || !ys) return null;
  const ceiling = y.ceiling && ys[1] > y.ceiling && ys[0] < y.ceiling ? y.ceiling : null;
  return { xs: padded(xs, x.log, 0.03), ys: padded([ys[0], ceiling ?? ys[1]], y.log), ceiling };
}

function drawPanel(figure, spec, panel, axes) {
  const width = Math.max(figure.clientWidth - 24, 200);
  const height = Math.round(Math.min(Math.max(width * 0.66, 250), 400));
  const svg = shape("svg", {
    viewBox: `0 0 ${width} ${height}`,
    height,
    tabindex: 0,
    role: "application",
    "aria-roledescription": "chart",
    "aria-label":
      `${spec.y.label.replace(/[{}]/g, "")} against ${spec.x.label.replace(/[{}]/g, "")}, ` +
      `${panel.title}. Arrow keys walk the marks.`,
  });
  figure.append(axisLabel(spec.y.label), svg);
  if (
    !axes ||
    !panel.series.some((series) => series.points.some((point) => spec_takes(spec, point)))
  ) {
    svg.append(
      shape(
        "text",
        { x: width / 2, y: height / 2, "text-anchor": "middle", class: "empty" },
        "nothing to draw",
      ),
    );
    return;
  }
  const x = scale(axes.xs, [MARGIN.left, width - MARGIN.right], spec.x.log);
  const y = scale(axes.ys, [height - MARGIN.bottom, MARGIN.top], spec.y.log);
  drawAxes(svg, spec, { x, y, width, height });
  const targets = panel.series.flatMap((series, index) =>
    drawSeries(svg, series, { x, y, ceiling: axes.ceiling, index }),
  );
  pointing(svg, targets);
}

/** What is drawn upwards (or downwards). In HTML, since a name may be wider than a phone. */
const axisLabel = (label, arrow = "↑") =>
  tag("p", { class: "axis-label", "aria-hidden": "true" }, `${arrow} `, ...rich(label));

const spec_takes = (spec, point) =>
  Number.isFinite(point.x) &&
  point.y !== null &&
  Number.isFinite(point.y) &&
  (!spec.y.log || point.y > 0);

function drawAxes(svg, spec, { x, y, width, height }) {
  const [left, right] = [MARGIN.left, width - MARGIN.right];
  const [top, bottom] = [MARGIN.top, height - MARGIN.bottom];
  for (const tick of y.ticks) {
    svg.append(shape("line", { class: "grid", x1: left, x2: right, y1: y(tick), y2: y(tick) }));
    const text = y.tickText(tick);
    svg.append(
      shape("text", { class: "tick", x: left - 8, y: y(tick) + 4, "text-anchor": "end" }, text),
    );
  }
  const within = (tick) => x(tick.at) >= left && x(tick.at) <= right;
  const own = x.ticks.map((tick) => ({ at: tick, text: x.tickText(tick) }));
  const ticks = spec.x.ticks?.filter(within) ?? own;
  let last = -Infinity;
  for (const { at: value, text } of ticks) {
    const at = x(value);
    svg.append(shape("line", { class: "axis", x1: at, x2: at, y1: bottom, y2: bottom + 5 }));
    if (at - last < 9 * text.length) continue;
    last = at;
    svg.append(
      shape("text", { class: "tick", x: at, y: bottom + 18, "text-anchor": "middle" }, text),
    );
  }
  if (spec.x.present !== undefined) {
    const at = x(spec.x.present);
    svg.append(shape("line", { class: "present", x1: at, x2: at, y1: top, y2: bottom }));
  }
  svg.append(shape("path", { class: "axis", d: `M${left} ${top}V${bottom}H${right}` }));
  svg.append(
    richShape({ x: (left + right) / 2, y: height - 6, "text-anchor": "middle" }, spec.x.label),
  );
}

/** Draws a series and returns the marks that can be pointed at. */
function drawSeries(svg, series, { x, y, ceiling, index }) {
  const { color } = series;
  // Null where a point cannot be drawn: there a line ends.
  const all = series.points.map((point) => {
    if (!x.takes(point.x) || !y.takes(point.y)) return null;
    const beyond = ceiling !== null && point.y > ceiling;
    return { ...point, beyond, px: x(point.x), py: beyond ? MARGIN.top + 2 : y(point.y) };
  });
  const placed = all.filter(Boolean);
  const at = (px, py) => `${px.toFixed(1)} ${py.toFixed(1)}`;
  if (series.band) {
    const band = (points) => [
      ...points.map((p) => at(p.px, y(p.high))),
      ...points.reverse().map((p) => at(p.px, y(p.low))),
    ];
    const ranged = unbroken(all, (point) => y.takes(point.low) && y.takes(point.high));
    const d = ranged.map((points) => `M${band(points).join("L")}Z`).join("");
    if (d) svg.append(shape("path", { class: "band", fill: color, d }));
  }
  if (series.line) {
    // A point alone is a line of no length, which its round ends make a dot.
    const line = (points) => `M${points.map((p) => at(p.px, p.py)).join("L")}h0`;
    const d = unbroken(all, (point) => !point.beyond).map(line).join("");
    if (d) svg.append(shape("path", { class: `curve ${series.kind ?? ""}`, stroke: color, d }));
  }
  if (series.dots) placed.forEach((point) => svg.append(...mark(point, series, y)));
  const told = placed.filter((point) => point.tip);
  return told.map((point) => ({ x: point.px, y: point.py, tip: point.tip, series: index }));
}

/** The points that are there and kept, as lists without a gap. */
function unbroken(points, keep) {
  const lists = [[]];
  for (const point of points) {
    if (point && keep(point)) lists.at(-1).push(point);
    else lists.push([]);
  }
  return lists.filter((list) => list.length);
}

/**
 * A point's mark: a dot, an open dot (dashed where it is a bound), a caret above the ceiling, a cross
 * for what diverged.
 */
function mark(point, { color, kind, radius = 3 }, y) {
  const { px, py } = point;
  const shapes = [];
  if (kind === "crosses") {
    const d = `M${px - 3} ${py - 3}l6 6m0 -6l-6 6`;
    return [shape("path", { class: "cross", stroke: color, fill: "none", d })];
  }
  if (point.beyond) {
    return [shape("path", { class: kind, fill: color, d: `M${px - 4} ${py + 6}h8l-4 -7z` })];
  }
  if (kind === "bars" && y.takes(point.low) && y.takes(point.high)) {
    const [low, high] = [y(point.low), y(point.high)];
    const d = `M${px} ${low}V${high}M${px - 4} ${low}h8M${px - 4} ${high}h8`;
    shapes.push(shape("path", { class: "bars", stroke: color, fill: "none", d }));
  }
  const open = kind === "optimum" || point.open;
  const ring = { class: point.bound ? "open bound" : "open", stroke: color };
  const paint = open ? ring : { class: kind, fill: color };
  shapes.push(shape("circle", { ...paint, cx: px.toFixed(1), cy: py.toFixed(1), r: radius }));
  return shapes;
}

/** Makes marks tell their values: to a pointer, to a finger, and to the arrow keys. */
function pointing(svg, targets) {
  if (!targets.length) return;
  const ring = shape("circle", { class: "pointed", r: 7, visibility: "hidden" });
  svg.append(ring);
  let current = null;
  const show = (target, owner) => {
    current = target;
    ring.setAttribute("visibility", target ? "visible" : "hidden");
    if (!target) return hideTip(owner);
    ring.setAttribute("cx", target.x);
    ring.setAttribute("cy", target.y);
    const box = svg.getBoundingClientRect();
    const factor = box.width / svg.viewBox.baseVal.width;
    showTip(target.tip, svg, target.x * factor, target.y * factor);
  };
  const near = (event, reach) => {
    const box = svg.getBoundingClientRect();
    const factor = svg.viewBox.baseVal.width / box.width;
    const [px, py] = [(event.clientX - box.left) * factor, (event.clientY - box.top) * factor];
    return nearest(targets, px, py, reach);
  };
  svg.addEventListener("pointermove", (event) => show(near(event, 40)));
  svg.addEventListener("pointerdown", (event) => show(near(event, 60)));
  // A finger leaves by being lifted: what it tapped stays until it taps elsewhere.
  svg.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch") show(null);
  });
  // A tap on another chart shows that one's before the focus leaves here.
  svg.addEventListener("blur", () => show(null, svg));
  svg.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return show(null);
    const next = walk(targets, current, event.key);
    if (!next) return;
    event.preventDefault();
    show(next);
  });
}

function nearest(targets, px, py, reach) {
  let [best, least] = [null, reach * reach];
  for (const target of targets) {
    const distance = (target.x - px) ** 2 + (target.y - py) ** 2;
    if (distance < least) [best, least] = [target, distance];
  }
  return best;
}

/** The next mark: left and right within a series, up and down to another series. */
function walk(targets, current, key) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };
  const step = steps[key];
  if (!step) return null;
  if (!current) return targets[0];
  const order = [...new Set(targets.map((target) => target.series))];
  const of = (series) =>
    targets.filter((target) => target.series === series).sort((a, b) => a.x - b.x);
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const same = of(current.series);
    return same[same.indexOf(current) + step] ?? current;
  }
  const series = order[order.indexOf(current.series) + step];
  if (series === undefined) return current;
  return of(series).reduce((a, b) =>
    Math.abs(b.x - current.x) < Math.abs(a.x - current.x) ? b : a,
  );
}
