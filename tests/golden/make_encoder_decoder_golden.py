#!/usr/bin/env python3
"""Writes encoder_decoder.safetensors: a small encoder-decoder of random weights and what torch makes of it.

It holds the weights under the names that riverbank reads and, as torch.nn's TransformerEncoderLayer,
TransformerDecoderLayer and MultiheadAttention compute them: one cross-attention with its weights, one decoder layer, the
encoder's output, the decoder's logits and cross-attention for a given target, and greedy decoding. Needs torch, numpy
and safetensors; the values depend on the seed alone.

    python3 tests/golden/make_encoder_decoder_golden.py tests/golden/encoder_decoder.safetensors
"""

import sys

import numpy
import torch
from safetensors.torch import save_file
from torch import nn

D_MODEL, HEADS, D_FF, LAYERS, EPSILON = 16, 4, 24, 2, 1e-5
SOURCE_WORDS, TARGET_WORDS, BEGIN, END = 9, 6, 0, 1
SOURCE = [3, 8, 1, 1, 5, 0]
TARGET = [BEGIN, 4, 2, 2, 5, 3, 1]
MOST_TOKENS = 12
TABLE = 0.3
SEED = 9


def random_weights(generator):
    """Larger than any initialisation, so that softmax and ReLU leave their linear range."""
    weights = {}

    def linear(name, d_out, d_in):
        weights[name + ".weight"] = 0.4 * torch.randn(d_out, d_in, generator=generator)
        weights[name + ".bias"] = 0.4 * torch.randn(d_out, generator=generator)

    def norm(name):
        weights[name + ".norm.weight"] = 1 + 0.2 * torch.randn(D_MODEL, generator=generator)
        weights[name + ".norm.bias"] = 0.2 * torch.randn(D_MODEL, generator=generator)

    weights["source_embedding.weight"] = torch.randn(SOURCE_WORDS, D_MODEL, generator=generator)
    weights["target_embedding.weight"] = TABLE * torch.randn(TARGET_WORDS, D_MODEL, generator=generator)
    for stack, attentions in (("encoder", ["self_attention"]), ("decoder", ["self_attention", "cross_attention"])):
        for layer in range(LAYERS):
            for attention in attentions:
                for which in ("query", "key", "value", "output"):
                    linear(f"{stack}.{layer}.{attention}.{which}", D_MODEL, D_MODEL)
                norm(f"{stack}.{layer}.{attention}")
            linear(f"{stack}.{layer}.feed_forward.inner", D_FF, D_MODEL)
            linear(f"{stack}.{layer}.feed_forward.outer", D_MODEL, D_FF)
            norm(f"{stack}.{layer}.feed_forward")
    return weights


def torch_layer(weights, stack, index):
    """Our names as torch's: it keeps W_Q, W_K and W_V in one matrix and counts its norms."""
    layer_type = nn.TransformerEncoderLayer if stack == "encoder" else nn.TransformerDecoderLayer
    layer = layer_type(D_MODEL, HEADS, D_FF, dropout=0, layer_norm_eps=EPSILON, batch_first=True).eval()
    here = f"{stack}.{index}."
    state = {}
    names = {"self_attention": "self_attn"} | ({"cross_attention": "multihead_attn"} if stack == "decoder" else {})
    for ours, theirs in names.items():
        for kind in ("weight", "bias"):
            stacked = [weights[f"{here}{ours}.{which}.{kind}"] for which in ("query", "key", "value")]
            state[f"{theirs}.in_proj_{kind}"] = torch.cat(stacked)
            state[f"{theirs}.out_proj.{kind}"] = weights[f"{here}{ours}.output.{kind}"]
    for kind in ("weight", "bias"):
        for i, ours in enumerate([*names, "feed_forward"]):
            state[f"norm{i + 1}.{kind}"] = weights[f"{here}{ours}.norm.{kind}"]
        state[f"linear1.{kind}"] = weights[f"{here}feed_forward.inner.{kind}"]
        state[f"linear2.{kind}"] = weights[f"{here}feed_forward.outer.{kind}"]
    layer.load_state_dict(state)
    return layer


def positions(length):
    """Section 3.5, in double."""
    angle = numpy.arange(length)[:, None] / 10000 ** (numpy.arange(0, D_MODEL, 2) / D_MODEL)
    return torch.tensor(numpy.stack([numpy.sin(angle), numpy.cos(angle)], -1).reshape(length, D_MODEL)).float()


def embed(table, ids):
    return (table[torch.tensor(ids)] * D_MODEL**0.5 + positions(len(ids)))[None]


def attention_of(module, X, Y):
    output, weights = module(X, Y, Y, need_weights=True, average_attn_weights=False)
    return output[0], weights[0]


def decode(weights, decoder, ids, memory):
    """-> logits (T, words), cross-attention (L, heads, T, S)."""
    seen = []
    hooks = [
        layer.multihead_attn.register_forward_pre_hook(lambda module, inputs: seen.append((module, inputs[0])))
        for layer in decoder
    ]
    hidden = embed(weights["target_embedding.weight"], ids)
    mask = nn.Transformer.generate_square_subsequent_mask(len(ids))
    for layer in decoder:
        hidden = layer(hidden, memory, tgt_mask=mask)
    for hook in hooks:
        hook.remove()
    cross = torch.stack([attention_of(module, X, memory)[1] for module, X in seen])
    return hidden[0] @ weights["target_embedding.weight"].T, cross


@torch.no_grad()
def main(path):
    generator = torch.Generator().manual_seed(SEED)
    weights = random_weights(generator)
    encoder = [torch_layer(weights, "encoder", i) for i in range(LAYERS)]
    decoder = [torch_layer(weights, "decoder", i) for i in range(LAYERS)]

    X = torch.randn(5, D_MODEL, generator=generator)
    Y = torch.randn(7, D_MODEL, generator=generator)
    golden = dict(weights) | {"input.X": X, "input.Y": Y}
    output, attention = attention_of(decoder[0].multihead_attn, X[None], Y[None])
    golden |= {"expected.cross_attention": output, "expected.cross_attention.weights": attention}
    causal = nn.Transformer.generate_square_subsequent_mask(len(X))
    golden["expected.decoder_layer"] = decoder[1](X[None], Y[None], tgt_mask=causal)[0]

    memory = embed(weights["source_embedding.weight"], SOURCE)
    for layer in encoder:
        memory = layer(memory)
    logits, cross = decode(weights, decoder, TARGET, memory)
    written = [BEGIN]
    while len(written) <= MOST_TOKENS and (len(written) == 1 or written[-1] != END):
        written.append(int(decode(weights, decoder, written, memory)[0][-1].argmax()))
    golden |= {"expected.memory": memory[0], "expected.logits": logits, "expected.cross": cross}
    for name, ids in (("input.source", SOURCE), ("input.target", TARGET), ("expected.greedy", written[1:])):
        golden[name] = torch.tensor(ids, dtype=torch.int32)
    save_file({name: tensor.contiguous() for name, tensor in golden.items()}, path)
    print("greedy:", written[1:], "logits up to", float(logits.abs().max()))


if __name__ == "__main__":
    main(sys.argv[1])
