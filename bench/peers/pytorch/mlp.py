"""Value and gradient of an MLP's mean cross-entropy on one batch."""

import torch
import torch.nn.functional as F

from contest import Contest


def ready(inputs, settings, compiled):
    x, y = torch.from_numpy(inputs["x"]), torch.from_numpy(inputs["y"]).long()
    # [out, in], as torch.nn.Linear keeps them.
    params = []
    for layer in range(2):
        params.append(torch.from_numpy(inputs[f"params.layers.{layer}.kernel"]).T.contiguous())
        params.append(torch.from_numpy(inputs[f"params.layers.{layer}.bias"]))
    for p in params:
        p.requires_grad_()

    def loss(w1, b1, w2, b2):
        return F.cross_entropy(F.linear(torch.tanh(F.linear(x, w1, b1)), w2, b2), y)

    if compiled:
        loss = torch.compile(loss)

    def value_and_grad():
        value = loss(*params)
        return value, torch.autograd.grad(value, params)

    def values():
        value, grads = value_and_grad()
        return {"loss": [value.item()], "gradient norms": [grads[i].norm().item() for i in range(4)]}

    def iterate(n):
        for _ in range(n):
            value_and_grad()

    return Contest(values, iterate)
