"""The batch of runs in JAX, as its user would write it: one jit for all steps of all runs.

    jax_peer.py (--cell FILE | --random SEED) [--variant vmap|map] ...

vmap trains the runs side by side, map one after the other within the same program. Needs JAX 0.10
or later and NumPy; without a GPU it runs on the CPU.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import peer
from jax import lax


def loss_of(factors, fixed, multiplier):
    a, b = factors
    z, h, w_out, y = fixed
    pre = h + multiplier * (b @ (a @ z))
    return jnp.mean((w_out @ jax.nn.relu(pre) - y) ** 2)


def train_run(p, fixed, a, b, lr_a, lr_b):
    """All steps of one run: its factors, and T + 1 losses."""
    loss = functools.partial(loss_of, fixed=fixed, multiplier=p.multiplier)
    beta1, beta2, lrs = p.beta1, p.beta2, (lr_a, lr_b)

    def update(theta, g, m, v, lr, correction):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        m_hat, v_hat = m / correction[0], v / correction[1]
        return theta - lr * m_hat / (jnp.sqrt(v_hat) + p.epsilon), m, v

    def step(state, correction):
        factors, ms, vs = state
        value, gradients = jax.value_and_grad(loss)(factors)
        parts = zip(factors, gradients, ms, vs, lrs, strict=True)
        updated = [update(*part, correction) for part in parts]
        return tuple(zip(*updated, strict=True)), value

    zeros = (jnp.zeros_like(a), jnp.zeros_like(b))
    corrections = tuple(jnp.asarray(c) for c in p.corrections())
    (factors, _, _), losses = lax.scan(step, ((a, b), zeros, zeros), corrections)
    return *factors, jnp.append(losses, loss(factors))


def trainer(p, variant):
    """Trains runs along the first axis; the factors' memory is used again for the trained ones."""

    def train(a, b, lr_a, lr_b, fixed):
        run = functools.partial(train_run, p, fixed)
        if variant == "vmap":
            return jax.vmap(run)(a, b, lr_a, lr_b)
        return lax.map(lambda each: run(*each), (a, b, lr_a, lr_b))

    return jax.jit(train, donate_argnums=(0, 1))


def contestant(args, p):
    """What peer.timed takes: what puts the runs in place, and what trains them."""
    # Without it XLA multiplies in TF32 where the device has it.
    jax.config.update("jax_default_matmul_precision", "highest")
    fixed = jax.device_put((p.z, p.h, p.w_out, p.y))
    train = trainer(p, args.variant)

    def prepare():
        """The runs in chunks, on the device: donated, they must be put there every time."""
        runs = (p.a, p.b, p.lr_a, p.lr_b)
        placed = [[jnp.array(x[part]) for x in runs] for part in peer.chunks(args)]
        return jax.block_until_ready(placed)

    def train_all(placed):
        return jax.block_until_ready([train(*chunk, fixed)[2] for chunk in placed])

    return prepare, train_all


def main():
    args = peer.arguments(("vmap", "map"))
    p = peer.problem(args)
    seconds, losses = peer.timed(*contestant(args, p), args.repeats)
    device = jax.devices()[0].device_kind
    losses = np.concatenate([np.asarray(part) for part in losses])
    peer.tell("jax", args, p, losses, seconds, device=device, version=jax.__version__)


if __name__ == "__main__":
    main()
