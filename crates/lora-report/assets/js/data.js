// The page's data, as the program embedded it.
const embedded = (id) => JSON.parse(document.getElementById(id).textContent);
const RUN = embedded("data-run");
const THEORY = embedded("data-theory");
const TESTS = embedded("data-tests");

/** A curve as a list over γ; it is kept as its first value and then (step, times) pairs. */
function unpacked(curve) {
  if (curve === null) return THEORY.gammas.map(() => null);
  const values = [curve[0]];
  for (let i = 1; i < curve.length; i += 2) {
    for (let times = 0; times < curve[i + 1]; times++) values.push(values.at(-1) + curve[i]);
  }
  return values;
}

/** A row of the table by name; the program leaves the names out, for there are thousands. */
function named([curves, regime, features, [optimal, stable, internally_stable]]) {
  const regimes = THEORY.curves.regimes;
  return {
    curves,
    regime: regimes[regime],
    features: regimes[features],
    optimal,
    stable,
    internally_stable,
  };
}
