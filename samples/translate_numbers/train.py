#!/usr/bin/env python3
"""Trains the encoder-decoder that reads English number words and writes French ones.

    pip install -r requirements.txt
    python3 train.py                # 7 minutes on one core; a run that was stopped goes on where it was

It writes model/ (config.json, vocabulary.json, model.safetensors), held_back.tsv (the numbers that it never saw, as
num2words says them) and training.log. Each step has a seed of its own and one thread computes, so that two runs on one
machine give the same weights, in one go or in pieces.

The model is "Attention Is All You Need" (arXiv:1706.03762) at its smallest: post-norm (two layers train well without
more), sinusoidal positions, the target's embedding shared with the layer before the softmax (section 3.4), Adam with
the warm-up of section 5.3. Nothing tells it which word to look at: that a French word looks at the English word that it
comes from is what it found out. Two heads and not more, so that each has to look well.
"""

import argparse
import json
import math
import pathlib
import platform
import random
import time
from importlib.metadata import version

import torch
from number_pairs import draw_number, held_back, in_words, pair, round_numbers, vary
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

SEED = 1706
D_MODEL, NUM_HEADS, D_FF, LAYERS = 64, 2, 128, 2
POSITIONS, EPSILON = 32, 1e-5
BATCH, STEPS, WARMUP, PEAK_RATE, DROPOUT = 128, 2000, 200, 2e-3, 0.1
BEGIN, END = 0, 1
HERE = pathlib.Path(__file__).parent


def sinusoidal(positions, d_model):
    """Section 3.5: PE(pos, 2i) = sin(pos / 10000^(2i / d_model)), PE(pos, 2i + 1) = cos of the same."""
    angle = torch.arange(positions)[:, None] / 10000 ** (torch.arange(0, d_model, 2) / d_model)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


class Attention(nn.Module):
    """LayerNorm(X + MultiHead(X, Y, Y)), section 3.2."""

    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.output = (nn.Linear(D_MODEL, D_MODEL) for _ in range(4))
        self.norm = nn.LayerNorm(D_MODEL, eps=EPSILON)
        for linear in (self.query, self.key, self.value, self.output):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(self, X, Y, mask, dropout):
        def heads(Z):
            return Z.unflatten(-1, (NUM_HEADS, -1)).transpose(1, 2)

        Q, K, V = heads(self.query(X)), heads(self.key(Y)), heads(self.value(Y))
        weights = (Q @ K.transpose(-1, -2) / math.sqrt(Q.shape[-1]) + mask).softmax(-1)
        return self.norm(X + dropout(self.output((weights @ V).transpose(1, 2).flatten(2))))


class FeedForward(nn.Module):
    """LayerNorm(X + W_2 max(0, W_1 X)), section 3.3."""

    def __init__(self):
        super().__init__()
        self.inner, self.outer = nn.Linear(D_MODEL, D_FF), nn.Linear(D_FF, D_MODEL)
        self.norm = nn.LayerNorm(D_MODEL, eps=EPSILON)

    def forward(self, X, dropout):
        return self.norm(X + dropout(self.outer(F.relu(self.inner(X)))))


class Layer(nn.Module):
    def __init__(self, is_decoder):
        super().__init__()
        self.self_attention = Attention()
        if is_decoder:
            self.cross_attention = Attention()
        self.feed_forward = FeedForward()


class Transformer(nn.Module):
    """Figure 1. Its parameters have the names that riverbank reads."""

    def __init__(self, source_words, target_words):
        super().__init__()
        self.source_embedding = nn.Embedding(source_words, D_MODEL)
        self.target_embedding = nn.Embedding(target_words, D_MODEL)
        for embedding in (self.source_embedding, self.target_embedding):
            nn.init.normal_(embedding.weight, std=D_MODEL**-0.5)
        self.encoder = nn.ModuleList(Layer(False) for _ in range(LAYERS))
        self.decoder = nn.ModuleList(Layer(True) for _ in range(LAYERS))
        self.dropout = nn.Dropout(DROPOUT)
        self.positions = sinusoidal(POSITIONS, D_MODEL)

    def embed(self, embedding, ids):
        return self.dropout(embedding(ids) * math.sqrt(D_MODEL) + self.positions[: ids.shape[1]])

    def encode(self, source, padding):
        X = self.embed(self.source_embedding, source)
        for layer in self.encoder:
            X = layer.feed_forward(layer.self_attention(X, X, padding, self.dropout), self.dropout)
        return X

    def decode(self, target, memory, padding):
        causal = torch.full((target.shape[1], target.shape[1]), -math.inf).triu(1)
        Y = self.embed(self.target_embedding, target)
        for layer in self.decoder:
            Y = layer.self_attention(Y, Y, causal, self.dropout)
            Y = layer.cross_attention(Y, memory, padding, self.dropout)
            Y = layer.feed_forward(Y, self.dropout)
        return Y @ self.target_embedding.weight.T

    @torch.no_grad()
    def translate(self, source, padding):
        self.eval()
        memory = self.encode(source, padding)
        target = torch.full((len(source), 1), BEGIN)
        while target.shape[1] < POSITIONS and not (target == END).any(1).all():
            target = torch.cat([target, self.decode(target, memory, padding)[:, -1].argmax(-1, keepdim=True)], 1)
        self.train()
        return [row[1 : row.index(END)] if END in row else row[1:] for row in target.tolist()]


class Vocabularies:
    def __init__(self):
        pairs = [pair(number) for number in [*range(1000), *range(1000, 1_000_000, 1000)]]
        self.source = ["[EOS]", "a", *sorted({word for english, _ in pairs for word in english})]
        self.target = ["[BOS]", "[EOS]", *sorted({piece for _, french in pairs for piece in french})]
        self.source_id = {word: i for i, word in enumerate(self.source)}
        self.target_id = {piece: i for i, piece in enumerate(self.target)}

    def batch(self, pairs):
        """-> source (B, S), what to add to its scores (B, 1, 1, S), target (B, T) with -1 behind its end."""
        source = [[*(self.source_id[word] for word in english), 0] for english, _ in pairs]
        target = [[BEGIN, *(self.target_id[piece] for piece in french), END] for _, french in pairs]
        S, T = max(map(len, source)), max(map(len, target))
        padding = torch.tensor([[0.0] * len(ids) + [-math.inf] * (S - len(ids)) for ids in source])
        source = torch.tensor([ids + [0] * (S - len(ids)) for ids in source])
        target = torch.tensor([ids + [-1] * (T - len(ids)) for ids in target])
        return source, padding[:, None, None], target


def exact_share(model, vocabularies, numbers):
    pairs = [pair(number) for number in numbers]
    source, padding, _ = vocabularies.batch(pairs)
    written = model.translate(source, padding)
    right = [[vocabularies.target[i] for i in ids] == french for ids, (_, french) in zip(written, pairs)]
    return sum(right) / len(right)


def learning_rate(step):
    """Section 5.3, eq. 3: d_model^-0.5 min(step^-0.5, step warmup^-1.5), here with a peak of PEAK_RATE; the last third
    in a straight line to 0."""
    return PEAK_RATE * min(step / WARMUP, math.sqrt(WARMUP / step), 1) * min(1, 3 * (STEPS - step) / STEPS)


def train_step(model, optimizer, vocabularies, step, never):
    draw = random.Random(f"{SEED} {step}")
    torch.manual_seed(SEED * 1_000_000 + step)
    numbers = []
    while len(numbers) < BATCH:
        number = draw_number(draw)
        if number not in never:
            numbers.append(number)
    pairs = [(vary(english, draw), french) for english, french in map(pair, numbers)]
    source, padding, target = vocabularies.batch(pairs)
    logits = model.decode(target[:, :-1].clamp(min=0), model.encode(source, padding), padding)
    loss = F.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=-1)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(step + 1)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def write_model(model, vocabularies, folder):
    folder.mkdir(exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / "model.safetensors")
    config = {
        "model_type": "encoder-decoder",
        "num_encoder_layers": LAYERS,
        "num_decoder_layers": LAYERS,
        "d_model": D_MODEL,
        "num_heads": NUM_HEADS,
        "d_ff": D_FF,
        "max_positions": POSITIONS,
        "activation": "relu",
        "layer_norm_epsilon": EPSILON,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    words = {"source": vocabularies.source, "target": vocabularies.target}
    (folder / "vocabulary.json").write_text(json.dumps(words, indent=1, ensure_ascii=False) + "\n")


def write_held_back(numbers, path):
    lines = ["\t".join([str(number), *in_words(number, plain=i % 2 == 1)]) for i, number in enumerate(numbers)]
    path.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so long; the next run goes on")
    parser.add_argument("--checkpoint", type=pathlib.Path, default=HERE / "checkpoint.pt")
    arguments = parser.parse_args()
    stop = time.monotonic() + 60 * arguments.minutes
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    vocabularies = Vocabularies()
    held, validation = held_back(SEED, 500), held_back(SEED + 1, 100)
    validation = [number for number in validation if number not in set(held)]
    never = {*held, *validation}
    model = Transformer(len(vocabularies.source), len(vocabularies.target))
    optimizer = torch.optim.Adam(model.parameters(), betas=(0.9, 0.98), eps=1e-9)
    first, losses, lines = 0, [], []
    if arguments.checkpoint.exists():
        saved = torch.load(arguments.checkpoint)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        first, losses, lines = saved["step"], saved["losses"], saved["lines"]

    def log(line):
        print(line, flush=True)
        lines.append(line)

    if first == 0:
        versions = f"python {platform.python_version()}, torch {torch.__version__}, num2words {version('num2words')}"
        parameters = sum(parameter.numel() for parameter in model.parameters())
        log(f"seed {SEED}, {versions}; {parameters} parameters, {STEPS} steps of {BATCH} pairs")
    for step in range(first, STEPS):
        losses.append(train_step(model, optimizer, vocabularies, step, never))
        if (step + 1) % 200 == 0:
            share = exact_share(model, vocabularies, validation)
            log(f"step {step + 1}: loss {sum(losses) / len(losses):.5f}, exact on {len(validation)} others {share:.4f}")
            losses = []
        if time.monotonic() > stop and step + 1 < STEPS:
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save(state | {"step": step + 1, "losses": losses, "lines": lines}, arguments.checkpoint)
            return
    for numbers, which in [
        (held, "held-back numbers"),
        (range(1000), "from 0 to 999, held-back ones among them"),
        (round_numbers(), "round numbers, which it was trained on"),
    ]:
        log(f"exact on {len(numbers)} {which}: {exact_share(model, vocabularies, numbers):.4f}")
    write_model(model, vocabularies, HERE / "model")
    write_held_back(held, HERE / "held_back.tsv")
    (HERE / "training.log").write_text("\n".join(lines) + "\n")
    arguments.checkpoint.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
