"""Times in PyTorch the two training steps that steps.bench.ts times in Palimpsest, on one thread; prints JSON.

Optional: needs a Python with torch. Start it through `npm run bench`, which sets the thread count of every BLAS.
"""

import json
import time

import torch

torch.set_num_threads(1)
torch.manual_seed(0)
functional = torch.nn.functional


def milliseconds(step, warmup, runs):
    for _ in range(warmup):
        step()
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - begun))
    return sorted(times)[len(times) // 2]


def mlp_step():
    layers = torch.nn.Sequential(
        torch.nn.Linear(784, 400), torch.nn.ReLU(),
        torch.nn.Linear(400, 400), torch.nn.ReLU(),
        torch.nn.Linear(400, 10),
    )
    optimiser = torch.optim.Adam(layers.parameters(), 1e-3)
    inputs, labels = torch.randn(128, 784), torch.arange(128) % 10

    def step():
        optimiser.zero_grad()
        loss = functional.cross_entropy(layers(inputs), labels)
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


def vit_lora_step(width=192, heads=3, depth=6, patch=8, side=64, batch=32, rank=8, alpha=16):
    """LoRA on qkv of a frozen ViT with a class token; 65 tokens."""
    draw = lambda *shape: torch.randn(*shape) * 0.02
    tokens = 1 + (side // patch) ** 2
    trained, blocks = [], []
    for _ in range(depth):
        down = torch.nn.Parameter(draw(rank, width))
        up = torch.nn.Parameter(torch.zeros(3 * width, rank))
        trained += [down, up]
        blocks.append({
            "norm1": (torch.ones(width), torch.zeros(width)), "norm2": (torch.ones(width), torch.zeros(width)),
            "qkv": (draw(3 * width, width), torch.zeros(3 * width)), "lora": (down, up),
            "proj": (draw(width, width), torch.zeros(width)),
            "fc1": (draw(4 * width, width), torch.zeros(4 * width)),
            "fc2": (draw(width, 4 * width), torch.zeros(width)),
        })
    embed = (draw(width, 3 * patch * patch), torch.zeros(width))
    class_token, positions = draw(1, 1, width), draw(1, tokens, width)
    norm = (torch.ones(width), torch.zeros(width))
    head = [torch.nn.Parameter(draw(10, width)), torch.nn.Parameter(torch.zeros(10))]
    trained += head

    def forward(images):
        grid = images.reshape(batch, 3, side // patch, patch, side // patch, patch)
        patches = grid.permute(0, 2, 4, 1, 3, 5).reshape(batch, tokens - 1, 3 * patch * patch)
        x = torch.cat([class_token.expand(batch, 1, width), functional.linear(patches, *embed)], 1) + positions
        for block in blocks:
            hidden = functional.layer_norm(x, (width,), *block["norm1"], 1e-6)
            down, up = block["lora"]
            qkv = functional.linear(hidden, *block["qkv"]) + (hidden @ down.t() @ up.t()) * (alpha / rank)
            query, key, value = qkv.reshape(batch, tokens, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            weights = torch.softmax(query @ key.transpose(-1, -2) * (width // heads) ** -0.5, -1)
            mixed = (weights @ value).permute(0, 2, 1, 3).reshape(batch, tokens, width)
            x = x + functional.linear(mixed, *block["proj"])
            hidden = functional.layer_norm(x, (width,), *block["norm2"], 1e-6)
            x = x + functional.linear(functional.gelu(functional.linear(hidden, *block["fc1"])), *block["fc2"])
        return functional.linear(functional.layer_norm(x[:, 0], (width,), *norm, 1e-6), *head)

    images, labels = torch.randn(batch, 3, side, side), torch.arange(batch) % 10
    optimiser = torch.optim.Adam(trained, 1e-3)

    def step():
        optimiser.zero_grad()
        loss = functional.cross_entropy(forward(images), labels)
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


def gemm_rate(size=1000):
    """GFLOP/s of a square product."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    return 2 * size**3 / milliseconds(lambda: a @ b, 3, 9) / 1e6


print(json.dumps({
    "version": torch.__version__,
    "mlp": milliseconds(mlp_step(), 20, 200),
    "vit": milliseconds(vit_lora_step(), 2, 12),
    "gemm": gemm_rate(),
}))
