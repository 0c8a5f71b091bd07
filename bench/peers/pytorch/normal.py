"""A million standard normals."""

import torch

from contest import Contest


def ready(inputs, settings, compiled):
    n = settings["n"]

    def values():
        z = torch.randn(n)
        return {"moments": [z.mean().item(), z.square().mean().item(), z.pow(4).mean().item()]}

    def iterate(k):
        for _ in range(k):
            torch.randn(n)

    return Contest(values, iterate)
