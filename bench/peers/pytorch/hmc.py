"""Hamiltonian Monte Carlo on an MLP's Gibbs posterior, all chains at once by vmap: one whole trajectory with accept or reject."""

import torch
import torch.nn.functional as F
from torch.func import grad_and_value, vmap

from contest import Contest

NAMES = ("w1", "b1", "w2", "b2")


def ready(inputs, settings, compiled):
    x, y = torch.from_numpy(inputs["x"]), torch.from_numpy(inputs["y"]).long()
    step, steps, temperature = settings["stepSize"], settings["leapfrogSteps"], settings["inverseTemperature"]

    # log π(θ) = −λ r̂(θ) − ½ ‖θ‖², of one chain.
    def log_density(params):
        w1, b1, w2, b2 = params
        logits = torch.tanh(x @ w1 + b1) @ w2 + b2
        return -temperature * F.cross_entropy(logits, y) - 0.5 * sum((p * p).sum() for p in params)

    evaluate = vmap(grad_and_value(log_density))
    if compiled:
        evaluate = torch.compile(evaluate)

    def kinetic(momentum):
        return 0.5 * sum((p * p).flatten(1).sum(1) for p in momentum)

    def trajectory(position, value, grads, momentum, uniform):
        start = kinetic(momentum)
        q, v, g, p = position, value, grads, momentum
        for _ in range(steps):
            p = torch._foreach_add(p, g, alpha=step / 2)
            q = torch._foreach_add(q, p, alpha=step)
            g, v = evaluate(q)
            p = torch._foreach_add(p, g, alpha=step / 2)
        log_ratio = v - value - (kinetic(p) - start)
        accepted = uniform.log() < log_ratio
        choose = lambda a, b: torch.where(accepted.view(-1, *[1] * (a.ndim - 1)), a, b)
        state = tuple(map(choose, q, position)), torch.where(accepted, v, value), tuple(map(choose, g, grads))
        return state, log_ratio

    with torch.no_grad():
        position = tuple(torch.from_numpy(inputs[name]) for name in NAMES)
        grads, value = evaluate(position)
    state = (position, value, grads)

    @torch.no_grad()
    def values():
        momentum = tuple(torch.from_numpy(inputs[f"momentum.{name}"]) for name in NAMES)
        _, log_ratio = trajectory(*state, momentum, torch.full([settings["chains"]], 0.5))
        return {"log density": state[1].tolist(), "log ratio": log_ratio.tolist()}

    @torch.no_grad()
    def iterate(n):
        nonlocal state
        for _ in range(n):
            momentum = tuple(torch.randn_like(p) for p in state[0])
            state, _ = trajectory(*state, momentum, torch.rand(settings["chains"]))

    return Contest(values, iterate)
