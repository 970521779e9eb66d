// The explorer's three charts.

const BOUND = "only a bound: on the edge of what was sampled";
const LOSSES = ["score", "train_loss", "test_loss"];

function viewLr() {
  const { index, key, name } = quantity(RUN.run_quantities, choice("lr-quantity"));
  const widths = chosenWidths();
  const panels = chosenInits().map((init) => ({
    title: init,
    series: widths.flatMap((n) => lrSeries(init, n, { index, key, name })),
  }));
  const ceiling = LOSSES.includes(key) ? RUN.loss_ceiling : null;
  placeDiverged(panels, ceiling);
  chart(chartsOf("view-lr"), {
    x: { label: "learning rate η", log: true },
    y: { label: name, log: isOn("lr-log"), ceiling },
    panels,
  });
}

function lrSeries(init, n, { index, key, name }) {
  const color = widthColor(n);
  const mine = (row) => row.init === init && row.n === n;
  const title = `${init}, n = ${widthText(n)}`;
  const tip = (row, who) => [
    title,
    `η = ${significant(row.lr, 3)}`,
    `${who}: ${name} = ${significant(row.values[index], 4)}`,
  ];
  const point = (row, who) => ({ x: row.lr, y: row.values[index], tip: tip(row, who) });
  const runs = isOn("lr-seeds") ? RUN.runs.filter(mine) : [];
  const series = [
    {
      color,
      dots: true,
      kind: "seed",
      radius: 2.6,
      points: runs.filter((r) => r.diverged === undefined).map((r) => point(r, `seed ${r.seed}`)),
    },
    {
      color,
      line: true,
      points: RUN.means
        .filter(mine)
        .map((row) => point(row, "mean"))
        .sort((a, b) => a.x - b.x),
    },
    {
      color,
      dots: true,
      kind: "crosses",
      points: runs
        .filter((r) => r.diverged !== undefined)
        .map((r) => ({
          x: r.lr,
          y: null,
          tip: [
            title,
            `η = ${significant(r.lr, 3)}`,
            `seed ${r.seed}: diverged at step ${r.diverged}`,
          ],
        })),
    },
  ];
  if (key === "score") {
    const optima = RUN.optima.filter(mine).map((row) => ({
      x: row.lr,
      y: row.score,
      bound: row.bound,
      tip: [
        title,
        `η_{opt} = ${significant(row.lr, 3)}`,
        `best score = ${significant(row.score, 4)}`,
        ...(row.bound ? [BOUND] : []),
      ],
    }));
    series.push({ color, dots: true, kind: "optimum", radius: 5, points: optima });
  }
  return series;
}

/** What diverged has no value: it is put at the top of what is drawn. */
function placeDiverged(panels, ceiling) {
  const all = panels.flatMap((panel) => panel.series.flatMap((series) => series.points));
  const highest = extent(
    all.map((point) => point.y),
    true,
  )?.[1];
  const top = Math.min(highest ?? 1, ceiling ?? Infinity);
  for (const series of panels.flatMap((panel) => panel.series)) {
    if (series.kind === "crosses") series.points.forEach((point) => (point.y = top));
  }
}

function viewSteps() {
  if (!RUN.steps.length) return;
  const { index, name } = quantity(RUN.step_quantities, choice("steps-quantity"));
  const widths = chosenWidths();
  const panels = chosenInits().map((init) => ({
    title: init,
    series: RUN.steps
      .filter((curve) => curve.init === init && widths.includes(curve.n))
      .map((curve) => stepSeries(curve, index, name)),
  }));
  chart(chartsOf("view-steps"), {
    x: { label: "step", log: false },
    y: { label: name, log: isOn("steps-log") },
    panels,
  });
}

function stepSeries(curve, index, name) {
  const { mean, low, high } = curve.values[index];
  const range = isOn("steps-range");
  const seeds = curve.seeds === curve.of ? "seeds" : `${curve.seeds} of ${curve.of} seeds`;
  const points = curve.steps.map((step, i) => ({
    x: step,
    y: mean[i],
    low: range ? low[i] : null,
    high: range ? high[i] : null,
    tip: [
      `${curve.init}, n = ${widthText(curve.n)}, η = ${significant(curve.lr, 3)}`,
      `step ${step}: ${name} = ${significant(mean[i], 4)}`,
      `${seeds} from ${significant(low[i], 3)} to ${significant(high[i], 3)}`,
    ],
  }));
  return { color: widthColor(curve.n), line: true, band: range, points };
}

function viewWidth() {
  if (!RUN.scaling_quantities.length) return;
  const { key, name } = quantity(RUN.scaling_quantities, choice("width-quantity"));
  const [inits, widths] = [chosenInits(), chosenWidths()];
  const series = inits.flatMap((init) => {
    const rows = RUN.scaling.filter(
      (row) => row.quantity === key && row.init === init && widths.includes(row.n),
    );
    const lines = isOn("width-lines") ? lineSeries(key, init, rows) : [];
    return [
      ...lines,
      {
        color: initColor(init),
        dots: true,
        kind: "bars",
        radius: 4.5,
        points: rows.map((row) => widthPoint(row, name)),
      },
    ];
  });
  chart(chartsOf("view-width"), {
    x: { label: "width n", log: true, ticks: widths.map(widthTick) },
    y: { label: name, log: true },
    panels: [{ title: `${name}: ${inits.join(", ") || "no init"}`, series }],
  });
}

/** A tick where a width stands, with its name. */
const widthTick = (n) => ({ at: widthPlace(n), text: widthText(n) });

function widthPoint(row, name) {
  const range =
    row.lower === null
      ? []
      : [`95% interval ${significant(row.lower, 3)} to ${significant(row.upper, 3)}`];
  const bound = row.bound ? [BOUND] : [];
  return {
    x: widthPlace(row.n),
    y: row.value,
    low: row.lower,
    high: row.upper,
    open: row.bound,
    tip: [
      `${row.init}, n = ${widthText(row.n)}`,
      `${name} = ${significant(row.value, 4)}`,
      ...range,
      ...bound,
    ],
  };
}

/** The fit over the finite widths, and the predicted slope through the first point of the fit. */
function lineSeries(key, init, rows) {
  const line = RUN.lines.find((row) => row.quantity === key && row.init === init);
  const ns = rows.map((row) => row.n).filter((n) => n !== "inf");
  if (!line || ns.length < 2) return [];
  const ends = [Math.min(...ns), Math.max(...ns)];
  const color = initColor(init);
  const fitted = (n) => line.prefactor * n ** line.exponent;
  const series = [{ color, line: true, points: ends.map((n) => ({ x: n, y: fitted(n) })) }];
  if (line.predicted !== null) {
    const from = rows.find((row) => row.n === ends[0] && !row.bound)?.value ?? fitted(ends[0]);
    const predicted = (n) => from * (n / ends[0]) ** line.predicted;
    const points = ends.map((n) => ({
      x: n,
      y: predicted(n),
      tip: [
        `${init}, predicted slope`,
        `γ = ${minus(line.predicted_exact)}: η = ${significant(predicted(n), 3)} at ${n}`,
      ],
    }));
    series.push({ color, line: true, kind: "predicted", points });
  }
  return series;
}
