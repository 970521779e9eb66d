// Scales from values to pixels, with their ticks.

/** The smallest and largest of the values that a scale can take; null if there are none. */
function extent(values, log) {
  let [low, high] = [Infinity, -Infinity];
  for (const x of values) {
    if (x === null || x === undefined || !Number.isFinite(x) || (log && x <= 0)) continue;
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  return low <= high ? [low, high] : null;
}

/** A little more room than the values need. */
function padded([low, high], log, share = 0.05) {
  const [from, to] = log ? [Math.log(low), Math.log(high)] : [low, high];
  const room = (to - from) * share || (log ? 0.35 : Math.abs(to) * share || 1);
  return log ? [Math.exp(from - room), Math.exp(to + room)] : [from - room, to + room];
}

/** From [low, high] to [start, end] in pixels. */
function scale([low, high], [start, end], log) {
  const of = log ? Math.log : (x) => x;
  const [from, to] = [of(low), of(high)];
  const place = (x) => start + ((of(x) - from) / (to - from)) * (end - start);
  const powers = log ? logTicks(low, high) : [];
  // A narrow range may hold no round number of its decade.
  const few = powers.length < 2;
  place.ticks = few ? linearTicks(low, high) : powers;
  place.tickText = few ? exactText : tickText;
  place.takes = (x) => x !== null && x !== undefined && Number.isFinite(x) && (!log || x > 0);
  return place;
}

function logTicks(low, high) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const decades = Math.log10(high) - Math.log10(low);
  const every = Math.ceil(decades / 7);
  const within = decades < 1.2 ? [1, 2, 3, 5, 7] : decades < 2.6 ? [1, 3] : [1];
  const ticks = [];
  for (let power = first; power <= last; power++) {
    if (power % every) continue;
    for (const digit of within) {
      const x = Number(`${digit}e${power}`);
      if (x >= low && x <= high) ticks.push(x);
    }
  }
  return ticks;
}

function linearTicks(low, high) {
  const rough = (high - low) / 5;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((x) => x * unit).find((x) => x >= rough);
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++)
    ticks.push(Number((k * step).toPrecision(10)));
  return ticks;
}
