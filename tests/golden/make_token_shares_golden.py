#!/usr/bin/env python3
"""Writes token_shares.json: what torch's automatic differentiation makes of the last layers of tiny_bert.safetensors,
all that is not linear in them detached, for tests/lib/insight/frozen_layers_test.cpp. With --depths MODEL_FOLDER it
prints instead, for a question and a passage, what the passage's words, [CLS] and the constants get when more or fewer
of a real model's layers are made linear. Needs torch, transformers and safetensors.

    python3 tests/golden/make_token_shares_golden.py tests/golden/tiny_bert.safetensors tests/golden/token_shares.json
    python3 tests/golden/make_token_shares_golden.py --depths path/to/bge-small-en-v1.5
"""

import json
import math
import sys

import torch
from safetensors.torch import load_file
from torch.nn import functional

LAYERS, HEADS, EPSILON = 2, 4, 1e-12
PROMPT = "Represent this sentence for searching relevant passages: "
QUESTION = "How do I tell that my chain is worn out and must be replaced?"
PASSAGE = (
    "A chain wears at its pins and grows longer. Measure over twelve links: a new one has 304.8 millimetres. When they "
    "measure 306.5, replace the chain; beyond 308 the cassette has worn with it. Clean it with a rag after wet rides."
)
ACTIVATIONS = {
    "gelu": functional.gelu,
    "gelu_new": lambda x: functional.gelu(x, approximate="tanh"),
    "relu": functional.relu,
}


def norm(x, weights, name, epsilon):
    deviation = (x.var(-1, unbiased=False, keepdim=True) + epsilon).sqrt().detach()
    return (x - x.mean(-1, keepdim=True)) / deviation * weights[name + ".weight"] + weights[name + ".bias"]


def layer(x, weights, number, heads, activation, epsilon):
    def linear(x, name):
        return x @ weights[f"{prefix}{name}.weight"].T + weights[f"{prefix}{name}.bias"]

    prefix = f"encoder.layer.{number}."
    tokens, width = x.shape
    query, key, value = (
        linear(x, f"attention.self.{name}").view(tokens, heads, -1).transpose(0, 1) for name in ("query", "key", "value")
    )
    attention = torch.softmax(query @ key.transpose(1, 2) / math.sqrt(width / heads), -1).detach()
    attended = (attention @ value).transpose(0, 1).reshape(tokens, width)
    a = norm(x + linear(attended, "attention.output.dense"), weights, prefix + "attention.output.LayerNorm", epsilon)
    u = linear(a, "intermediate.dense")
    gate = (activation(u) / u).detach()
    return norm(a + linear(gate * u, "output.dense"), weights, prefix + "output.LayerNorm", epsilon)


def shares(hidden, first_layer, layers, weights, direction, heads, activation, epsilon):
    entered = hidden.detach().clone().requires_grad_(True)
    x = entered
    for number in range(first_layer, layers):
        x = layer(x, weights, number, heads, activation, epsilon)
    cosine = x[0] @ direction / x[0].norm().detach()
    cosine.backward()
    tokens = (entered.grad * entered.detach()).sum(-1)
    return cosine.item(), tokens.tolist(), (cosine - tokens.sum()).item()


def write_golden(model, path):
    weights = {name: tensor.double() for name, tensor in load_file(model).items() if tensor.is_floating_point()}
    cases = []
    for name, activation in ACTIVATIONS.items():
        for text in ("single", "pair"):
            states = weights[f"expected.{name}.{text}.hidden_states"].view(LAYERS + 1, -1, 32)
            direction = functional.normalize(torch.sin(torch.arange(1, 33, dtype=torch.float64)), dim=0)
            for first in range(LAYERS):
                found = shares(states[first], first, LAYERS, weights, direction, HEADS, activation, EPSILON)
                cases.append(dict(zip(("cosine", "tokens", "constant"), found), activation=name, text=text, first=first))
    with open(path, "w", encoding="utf-8") as out:
        json.dump(cases, out, separators=(",", ":"))


def print_depths(folder):
    from transformers import BertModel, BertTokenizerFast

    model, tokenizer = BertModel.from_pretrained(folder).eval(), BertTokenizerFast.from_pretrained(folder)
    weights = {name: tensor.detach() for name, tensor in model.named_parameters()}
    with torch.no_grad():
        question = model(**tokenizer(PROMPT + QUESTION, return_tensors="pt")).last_hidden_state[0, 0]
        read = model(**tokenizer(PASSAGE, return_tensors="pt"), output_hidden_states=True).hidden_states
    config = model.config
    for depth in (1, 2, 3, 6, 12):
        first = config.num_hidden_layers - depth
        cosine, tokens, constant = shares(
            read[first][0], first, config.num_hidden_layers, weights, functional.normalize(question, dim=0),
            config.num_attention_heads, functional.gelu, config.layer_norm_eps,
        )  # fmt: skip
        words = sum(tokens[1:-1])
        print(f"{depth:2} layers: cosine {cosine:.3f} = words {words:.3f} + [CLS] {tokens[0]:.3f} + [SEP] {tokens[-1]:.3f}"
              f" + constants {constant:.3f}")  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1] == "--depths":
        print_depths(sys.argv[2])
    else:
        write_golden(sys.argv[1], sys.argv[2])
