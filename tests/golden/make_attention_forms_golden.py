#!/usr/bin/env python3
"""Writes attention_forms.safetensors: what torch makes of every mask, position and form of attention in lib/transformer.

All of it is computed in float64 on random numbers and stored as float32. Where torch has the thing itself it is used
(scaled_dot_product_attention, complex multiplication for the rotation); the sparse and linear forms are computed the
long way, as the N x N matrix that the C++ must never build. Needs torch and safetensors; the values depend on the seed
alone.

    python3 tests/golden/make_attention_forms_golden.py tests/golden/attention_forms.safetensors
"""

import math
import sys

import torch
from safetensors.torch import save_file
from torch.nn.functional import elu, scaled_dot_product_attention

T, D_K, D_V = 22, 8, 6
BLOCK = 4  # of the sparse form; the last block holds 2 tokens
WINDOW = 6
PADDED = (0, 9, 20, 21)  # keys that are no tokens; with a causal mask the first query has none left


def masks():
    place = torch.arange(T)
    distance = place[None, :] - place[:, None]  # of the key from the query
    is_token = torch.ones(T, dtype=torch.bool)
    is_token[list(PADDED)] = False
    padding = is_token[None, :].expand(T, T)
    causal = distance <= 0
    window = distance.abs() <= WINDOW // 2
    return {
        "padding": padding,
        "causal": causal,
        "sliding_window": window,
        "all_three": padding & causal & window,
    }


def attention(q, k, v, mask=None):
    """torch's own; where a query may look at nothing torch gives NaN, and the C++ says zeros."""
    return scaled_dot_product_attention(q, k, v, attn_mask=mask).nan_to_num(0.0)


def sinusoidal(length, width):
    """Hand i of the clock as one complex number, e^(i angle): its imaginary part is the sine."""
    angle = torch.arange(length, dtype=torch.float64)[:, None] * 10000.0 ** (
        -torch.arange(0, width, 2, dtype=torch.float64) / width
    )
    hands = torch.polar(torch.ones_like(angle), angle)
    return torch.stack([hands.imag, hands.real], dim=2).flatten(1)


def rotary(x, first):
    length, width = x.shape
    angle = (first + torch.arange(length, dtype=torch.float64))[:, None] * 10000.0 ** (
        -torch.arange(0, width, 2, dtype=torch.float64) / width
    )
    pairs = torch.view_as_complex(x.reshape(length, width // 2, 2).contiguous())
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).flatten(1)


def alibi_slopes(heads):
    """As in the authors' repository (ofirpress/attention_with_linear_biases)."""

    def powers(n):
        start = 2 ** (-(2 ** -(math.log2(n) - 3)))
        return [start * start**i for i in range(n)]

    if math.log2(heads).is_integer():
        return powers(heads)
    closest = 2 ** math.floor(math.log2(heads))
    return powers(closest) + alibi_slopes(2 * closest)[0::2][: heads - closest]


def main(path):
    generator = torch.Generator().manual_seed(20170612)

    def normal(*shape):
        return torch.randn(shape, generator=generator).double()

    q, k, v = 1.5 * normal(T, D_K), 1.5 * normal(T, D_K), normal(T, D_V)
    golden = {"Q": q, "K": k, "V": v}

    for name, mask in masks().items():
        golden[f"mask.{name}"] = attention(q, k, v, mask)

    golden["sinusoidal.40x16"] = sinusoidal(40, 16)
    golden["sinusoidal.5x384_from_4000"] = sinusoidal(4005, 384)[4000:]
    golden["rotary.Q_from_0"] = rotary(q, 0)
    golden["rotary.K_from_1000"] = rotary(k, 1000)
    golden["rotary.attention"] = attention(rotary(q, 0), rotary(k, 0), v)

    for heads in (1, 4, 8, 12):
        golden[f"alibi.slopes.{heads}"] = torch.tensor([alibi_slopes(heads)], dtype=torch.float64)
    place = torch.arange(T, dtype=torch.float64)
    bias = -0.25 * (place[None, :] - place[:, None]).abs()
    golden["alibi.attention"] = attention(q, k, v, bias)
    golden["alibi.causal_attention"] = attention(q, k, v, bias.masked_fill(~masks()["causal"], -torch.inf))

    blocks = -(-T // BLOCK)
    reads = torch.eye(blocks, dtype=torch.bool) | (torch.rand((blocks, blocks), generator=generator) < 0.35)
    golden["sparse.reads"] = reads.double()
    mask = reads.repeat_interleave(BLOCK, 0).repeat_interleave(BLOCK, 1)[:T, :T]
    golden["sparse.attention"] = attention(q, k, v, mask)
    golden["sparse.padded_attention"] = attention(q, k, v, mask & masks()["padding"])

    similarity = (elu(q) + 1) @ (elu(k) + 1).T
    golden["linear.attention"] = similarity / similarity.sum(1, keepdim=True) @ v
    lower = similarity.tril()
    golden["linear.causal_attention"] = lower / lower.sum(1, keepdim=True) @ v

    save_file({name: tensor.float().contiguous() for name, tensor in golden.items()}, path)


if __name__ == "__main__":
    main(sys.argv[1])
