"""LeNet-5 with ReLU and max-pooling on 28 × 28 images: one step of Adam on a fixed batch."""

import torch
import torch.nn.functional as F
from torch import nn

from contest import Contest


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        x = x.flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


LAYERS = {"conv1": "first", "conv2": "second", "fc1": "head.layers.0", "fc2": "head.layers.1", "fc3": "head.layers.2"}


def weight(name, kernel):
    if name.startswith("conv"):
        return kernel.permute(3, 2, 0, 1)
    if name == "fc1":
        # The inputs flatten [row, column, channel]; here it is [channel, row, column].
        return kernel.reshape(5, 5, 16, 120).permute(3, 2, 0, 1).reshape(120, 400)
    return kernel.T


def loaded(inputs):
    state = {}
    for name, path in LAYERS.items():
        state[f"{name}.weight"] = weight(name, torch.from_numpy(inputs[f"params.{path}.kernel"]))
        state[f"{name}.bias"] = torch.from_numpy(inputs[f"params.{path}.bias"])
    model = LeNet()
    model.load_state_dict(state)
    return model


def ready(inputs, settings, compiled):
    x, y = torch.from_numpy(inputs["x"]).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(inputs["y"]).long()

    def training():
        model = loaded(inputs)
        optimizer = torch.optim.Adam(model.parameters(), lr=settings["learningRate"], fused=True)
        forward = torch.compile(lambda x, y: F.cross_entropy(model(x), y)) if compiled else lambda x, y: F.cross_entropy(model(x), y)

        def step():
            optimizer.zero_grad(set_to_none=True)
            loss = forward(x, y)
            loss.backward()
            optimizer.step()
            return loss.detach()

        return step

    step = training()

    def values():
        fresh = training()
        return {"losses": [fresh().item() for _ in range(settings["checkedSteps"])]}

    def iterate(n):
        for _ in range(n):
            step()

    return Contest(values, iterate)
