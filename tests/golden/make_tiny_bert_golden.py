#!/usr/bin/env python3
"""Writes tiny_bert.safetensors: a small BERT of random weights and what torch makes of it.

It holds the weights under their checkpoint names, two inputs, and for each activation every layer's hidden states and
attention as transformers' BertModel computes them. Needs torch, transformers and safetensors; the values depend on the
seed alone.

    python3 tests/golden/make_tiny_bert_golden.py tests/golden/tiny_bert.safetensors
"""

import sys

import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertModel

SIZES = {
    "vocab_size": 40,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 24,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
}
ACTIVATIONS = ["gelu", "gelu_new", "relu"]
# One text of one part, and a pair: the second part has type 1.
INPUTS = {
    "single": ([1, 17, 5, 5, 39, 0, 2], [0] * 7),
    "pair": ([1, 8, 30, 12, 9, 2, 33, 21, 4, 11, 6, 2], [0] * 6 + [1] * 6),
}


def random_weights():
    """Larger than BERT's own start (sigma 0.02), so that softmax and activations leave their linear range."""
    model = BertModel(BertConfig(**SIZES), add_pooling_layer=False)
    generator = torch.Generator().manual_seed(20170612)
    weights = {}
    for name, tensor in model.state_dict().items():
        if not tensor.is_floating_point():
            continue
        noise = torch.randn(tensor.shape, generator=generator)
        weights[name] = 1 + 0.1 * noise if name.endswith("LayerNorm.weight") else 0.3 * noise
    return weights


def main(path):
    weights = random_weights()
    golden = dict(weights)
    for activation in ACTIVATIONS:
        config = BertConfig(**SIZES, hidden_act=activation)
        config._attn_implementation = "eager"  # the one that gives its weights
        model = BertModel(config, add_pooling_layer=False).eval()
        missing = model.load_state_dict(weights, strict=False).missing_keys
        assert not [name for name in missing if "position_ids" not in name and "token_type_ids" not in name], missing
        for name, (ids, types) in INPUTS.items():
            with torch.no_grad():
                output = model(
                    input_ids=torch.tensor([ids]),
                    token_type_ids=torch.tensor([types]),
                    output_hidden_states=True,
                    output_attentions=True,
                )
            golden[f"expected.{activation}.{name}.hidden_states"] = torch.cat(output.hidden_states)  # (L + 1, T, d)
            golden[f"expected.{activation}.{name}.attention"] = torch.cat(output.attentions)  # (L, heads, T, T)
    for name, (ids, types) in INPUTS.items():
        golden[f"input.{name}.ids"] = torch.tensor(ids, dtype=torch.int32)
        golden[f"input.{name}.type_ids"] = torch.tensor(types, dtype=torch.int32)
    save_file({name: tensor.contiguous() for name, tensor in golden.items()}, path)


if __name__ == "__main__":
    main(sys.argv[1])
