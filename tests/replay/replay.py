"""Replays exported runs with formulas of its own, in float64, and compares.

    replay.py [--perturb s] FILE.npz ...

Needs NumPy alone and shares no code with the program that wrote the files. Exits with 1 if
anything disagrees. `--perturb s` makes the multiplier s 0.2% too large, as a control: it must fail.

Tolerances, set before anything was measured. eps = 2^-23 is the rounding of float32, n the width.
- Z: a sum of d products, so d eps of the sum of their absolute values, and 4 eps for phi, which
  float32 code gives to a few eps of 1; twice that, since gelu's slope passes 1. H: n eps of the sum.
- Losses and norms after t updates: 4 (t + 1) n eps of the largest value so far. A sum over n
  neurons in float32 is off by at most n eps, and every update adds one such error.
  A factor that is not trained keeps every bit.
  For delta1 to delta3, differences of float32 numbers, Z_B's size counts as theirs.
- A_T and B_T, as rms over entries in units of the rms movement. SGD: as the losses. Adam and
  sign-SGD turn a gradient entry that is all rounding into a step of up to eta either way; about
  n eps of the entries are so small in a step, so T steps leave an rms of 2 eta sqrt(T n eps).
"""

import sys

import numpy as np

EPS = 2.0**-23
GELU, CUBIC = np.sqrt(2 / np.pi), 0.044715


def phi(name, x):
    if name == "relu":
        return np.maximum(x, 0)
    if name == "tanh":
        return np.tanh(x)
    return x / 2 * (1 + np.tanh(GELU * (x + CUBIC * x**3)))


def phi_slope(name, x):
    if name == "relu":
        return (x > 0).astype(float)
    t = np.tanh(x if name == "tanh" else GELU * (x + CUBIC * x**3))
    if name == "tanh":
        return 1 - t**2
    return (1 + t) / 2 + x / 2 * (1 - t**2) * GELU * (1 + 3 * CUBIC * x**2)


def response(f, name, h, pre):
    """phi(pre), or its tangent at H."""
    return phi(name, h) + phi_slope(name, h) * (pre - h) if int(f["linearised"]) else phi(name, pre)


def rms(m):
    return np.sqrt(np.mean(m**2))


def mean_norm(m):
    """Mean over points of the norm of a column."""
    return np.linalg.norm(m, axis=0).mean()


class Moments:
    """One factor's update rule with its memory."""

    def __init__(self, f, lr):
        self.name, self.lr, self.m, self.v = str(f["optimizer"]), lr, 0.0, 0.0
        self.beta1, self.beta2 = float(f["beta1"]), float(f["beta2"])
        self.epsilon, self.decay = float(f["epsilon"]), float(f["weight_decay"])

    def step(self, theta, g, t):
        if self.name == "sgd":
            return theta - self.lr * g
        if self.name == "sign-sgd":
            return theta - self.lr * np.sign(g)
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.v = self.beta2 * self.v + (1 - self.beta2) * g**2
        m_hat, v_hat = self.m / (1 - self.beta1**t), self.v / (1 - self.beta2**t)
        keep = 1 - self.lr * self.decay if self.name == "adamw" else 1
        return keep * theta - self.lr * m_hat / (np.sqrt(v_hat) + self.epsilon)


def frozen(f, checks):
    """Z and H from X and the weights; H as exported where it was drawn without a W_h."""
    x, w_in, n = f["X"], f["W_in"].astype(float), int(f["width"])
    y_in = w_in @ x
    z, size = phi(str(f["activation"]), y_in), np.abs(w_in) @ np.abs(x)
    checks.append(("Z", np.max(np.abs(z - f["Z"]) / (len(x) * size + 4)) / EPS, 2.0))
    if str(f["hidden"]) != "zero" and "W_h" not in f:
        return z, f["H"].astype(float)
    w_h = f["W_h"].astype(float) if "W_h" in f else np.zeros((n, n))
    h, size = y_in + w_h @ z, size + np.abs(w_h) @ np.abs(z)
    checks.append(("H", np.max(np.abs(h - f["H"]) / size) / EPS, float(n)))
    return z, h


def train(f, z, h, s, steps):
    """Yields t, what is measured after t updates, A and B."""
    name, count, y, trained = str(f["activation"]), int(f["points"]), f["y"], str(f["train"])
    w_out, a, b = (f[key].astype(float) for key in ("W_out", "A_0", "B_0"))
    rule_a, rule_b = Moments(f, float(f["lr"])), Moments(f, float(f["lr"] * f["lr_ratio"]))
    a_0, b_0, last = a, b, None
    for t in range(steps + 1):
        za = a @ z
        pre = h + s * b @ za
        error = w_out @ response(f, name, h, pre) - y
        zt, at = z[:, :count], za[:, :count]
        before_a, before_b = last or (at, b)
        seen = {"train_loss": np.mean(error[:count] ** 2)}
        seen["test_loss"] = np.mean(error[count:] ** 2) if len(y) > count else 0.0
        zb, dza, db = s * b @ at, at - before_a, b - before_b
        seen |= {"za_rms": rms(at), "za_norm": mean_norm(at)}
        seen |= {"zb_rms": rms(zb), "zb_norm": mean_norm(zb)}
        seen |= {"delta1": rms(s * before_b @ dza), "delta2": rms(s * db @ before_a)}
        seen |= {"delta3": rms(s * db @ dza), "a_move": rms(a - a_0), "b_move": rms(b - b_0)}
        yield t, seen, a, b
        at_h = h if int(f["linearised"]) else pre
        g = np.outer(w_out, 2 / count * error[:count]) * phi_slope(name, at_h[:, :count])
        last = at, b
        grad_a, grad_b = s * b.T @ g @ zt.T, s * g @ at.T
        if "A" in trained:
            a = rule_a.step(a, grad_a, t + 1)
        if "B" in trained:
            b = rule_b.step(b, grad_b, t + 1)


def replay(path, perturb):
    f, checks, worst, largest, peak = np.load(path, allow_pickle=False), [], {}, {}, 0.0
    z, h = frozen(f, checks)
    n, steps, s = int(f["width"]), len(f["losses"]) - 1, float(f["multiplier"])
    records = {int(step): i for i, step in enumerate(f["step"])}
    for t, seen, a, b in train(f, z, h, s * (1.002 if perturb else 1), steps):
        ours = {"losses": f["losses"][t]}
        if t in records:
            ours |= {key: f[key][records[t]] for key in seen}
        peak = max(peak, seen["zb_rms"])
        for key, value in ours.items():
            want = seen["train_loss" if key == "losses" else key]
            size = abs(want) + (seen["zb_rms"] if key.startswith("delta") else 0)
            size = largest[key] = max(size, largest.get(key, 0), 1e-30)
            off = abs(value - want) / size / (n * EPS * (t + 1))
            worst[key] = max(worst.get(key, 0), off if np.isfinite(value) else np.inf)
    checks += [(key, off, 4.0) for key, off in worst.items()]
    checks.append(("peak_zb", abs(f["peak_zb"] - peak) / peak / (n * EPS * (steps + 1)), 4.0))
    for key, end in (("A", a), ("B", b)):
        if key not in str(f["train"]):
            checks.append((key + "_T", float(np.sum(f[key + "_T"] != f[key + "_0"])), 0.5))
            continue
        moved = rms(end - f[key + "_0"])
        rounds = steps * n * EPS
        bound = 4 * rounds if str(f["optimizer"]) == "sgd" else 2 * np.sqrt(rounds)
        checks.append((key + "_T", rms(end - f[key + "_T"]) / moved, bound))
    return checks


if __name__ == "__main__":
    arguments = sys.argv[1:]
    perturb = arguments[:2] == ["--perturb", "s"]
    failed = False
    for path in arguments[2:] if perturb else arguments:
        checks = replay(path, perturb)
        share, name = max((off / bound, name) for name, off, bound in checks)
        units = dict((name, off) for name, off, _ in checks)["losses"]
        bad = [f"{name} {off:.3g} > {bound:.3g}" for name, off, bound in checks if not off <= bound]
        failed |= bool(bad)
        ok = f"ok, losses within {units:.1g} n eps (t + 1), nearest {name} at {share:.0%} of its bound"
        print(f"{path.rsplit('/', 1)[-1]:24} {'FAIL ' + ', '.join(bad) if bad else ok}")
    sys.exit(failed)
