"""Hamiltonian Monte Carlo on an MLP's Gibbs posterior, all chains at once by vmap: one whole trajectory with accept or reject."""

import math

import torch
import torch.nn.functional as F
from torch.func import grad_and_value, vmap

from contest import Contest

NAMES = tuple(f"layers.{layer}.{part}" for layer in range(2) for part in ("weight", "bias"))
LEVEL = 4


def ready(inputs, settings, compiled):
    x, y = torch.from_numpy(inputs["x"]), torch.from_numpy(inputs["y"]).long()
    step, steps, temperature, scale = settings["stepSize"], settings["leapfrogSteps"], settings["lambda"], settings["priorScale"]
    floor = math.exp(-LEVEL)

    # U of one chain: the sum of −ln(e⁻ᴸ + (1 − 2e⁻ᴸ) p) / L.
    def energy(position):
        w1, b1, w2, b2 = (scale * u for u in position)
        logits = F.linear(F.relu(F.linear(x, w1, b1.squeeze(1))), w2, b2.squeeze(1))
        p = torch.exp(-F.cross_entropy(logits, y, reduction="none"))
        return torch.log(floor + (1 - 2 * floor) * p).sum() / -LEVEL

    evaluate = vmap(grad_and_value(energy))
    if compiled:
        evaluate = torch.compile(evaluate)

    def halved_squares(xs):
        return 0.5 * sum(x.square().flatten(1).sum(1) for x in xs)

    def kicked(momentum, position, grads, time):
        force = torch._foreach_add(position, grads, alpha=temperature)
        return torch._foreach_add(momentum, force, alpha=-time)

    def trajectory(position, value, grads, momentum, uniform):
        q, v, g, p = position, value, grads, momentum
        for _ in range(steps):
            p = kicked(p, q, g, step / 2)
            q = torch._foreach_add(q, p, alpha=step)
            g, v = evaluate(q)
            p = kicked(p, q, g, step / 2)
        change = temperature * (v - value) + (halved_squares(q) - halved_squares(position)) + (halved_squares(p) - halved_squares(momentum))
        acceptance = torch.exp(-change).clamp(max=1)
        accepted = uniform < acceptance
        choose = lambda a, b: torch.where(accepted.view(-1, *[1] * (a.ndim - 1)), a, b)
        return (tuple(map(choose, q, position)), torch.where(accepted, v, value), tuple(map(choose, g, grads))), acceptance

    with torch.no_grad():
        position = tuple(torch.from_numpy(inputs[f"params.{name}"]) for name in NAMES)
        grads, value = evaluate(position)
    state = (position, value, grads)

    @torch.no_grad()
    def values():
        momentum = tuple(torch.from_numpy(inputs[f"momentum.{name}"]) for name in NAMES)
        _, acceptance = trajectory(*state, momentum, torch.zeros(settings["chains"]))
        return {"energy": state[1].tolist(), "acceptance": acceptance.tolist()}

    @torch.no_grad()
    def iterate(n):
        nonlocal state
        for _ in range(n):
            momentum = tuple(torch.randn_like(p) for p in state[0])
            state, _ = trajectory(*state, momentum, torch.rand(settings["chains"]))

    return Contest(values, iterate)
