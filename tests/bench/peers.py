#!/usr/bin/env python3
"""riverbank beside its peers: the same texts, the same weights and the same vectors, in turn, in one run.

usage: peers.py PROGRAM --work DIR [--model NAME]… [--texts FILE] [--threads N] [--limit N] [--folder DIR] [--peer NAME]…
                [--only encode|question|tokenize|vectors|folder] [--vectors FILE] [--fill N] [--avx2]

`./dev bench --peers` makes the virtual environment (peers.txt) and calls this. PROGRAM is the riverbank to measure; the
models are its own (`riverbank model path`), turned into what each peer reads, below --work. Texts are one a line or JSON
lines with "text" and "title"; without a file they are made up.

Every peer tokenizes inside its timed part, gets its texts sorted by length (least padding) and the best of three batch
sizes, and its fastest of nine passes counts; of riverbank the fastest of some passes before and some after the peers.
With one thread it is the processor's time, which other programs do not take from, with more the clock's. A peer that is
not there or cannot load is named. Cosines are to the first peer's float32.

encode    tokens a second of all texts; with --avx2 peers are held to AVX2, and those that cannot be are left out
question  milliseconds for one text of some ten tokens, alone
tokenize  megabytes of the texts a second, into ids with their places, against the tokenizers package
folder    a folder (--folder; only when given) from nothing to an index, then questions, each in a process of its own:
          the whole processes by the clock, riverbank's and folder_peer.py's in turn
vectors   graphs with M = 16 over the texts' own vectors, or those of --vectors, filled up to --fill: build, file,
          recall@10 and questions a second, each peer with the least ef that finds .99 (or as much as riverbank)
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from peer_encoders import POOLING, Peers
from peer_graphs import PEER_GRAPHS

PASSES = 3
BATCH_SIZES = (1, 8, 32)
WALKS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)  # ef, as riverbank's own bench
FOLDER_PEERS = {"all-MiniLM-L6-v2": ("chroma", "sentence-transformers", "sentence-transformers-bf16")}
# What holds a library to AVX2; onnxruntime has nothing of the kind.
ONLY_AVX2 = {"CT2_FORCE_CPU_ISA": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2",
             "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
NOT_HELD = "onnxruntime"
LEAST_VECTORS = 100  # that riverbank bench vectors measures with
QUESTIONS = ("how do threads share the data that they both need", "what is it for", "when does it fail, and what then",
             "which of the two is faster", "how is it tested")


def counted_seconds(threads):
    return time.process_time() if threads == 1 else time.perf_counter()


def read_texts(path, limit):
    if not path:
        generator = random.Random(1)
        words = "the of and water river bank people number cell between account results history light money".split()
        return [" ".join(generator.choices(words, k=generator.randint(100, 250))) for _ in range(limit or 100)]
    texts = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("{"):
                entry = json.loads(line)
                line = (entry.get("title") or "") + " " + entry["text"]
            if line.strip():
                texts.append(" ".join(line.split()))
            if len(texts) == limit:
                break
    return texts


def model_folder(program, name):
    return Path(subprocess.run([program, "model", "path", name], check=True, capture_output=True, text=True).stdout.strip())


def riverbank_json(program, *arguments):
    return json.loads(subprocess.run([program, *arguments, "--json"], check=True, capture_output=True, text=True).stdout)


def riverbank_speeds(program, name, texts, threads):
    """Tokens a second of each instruction set and precision."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        file.write("\n".join(texts) + "\n")
        file.flush()
        rows = riverbank_json(program, "bench", "encode", "--model", name, "--texts", file.name, "--threads", str(threads))
    return {f"riverbank {row['isa']} {row['precision']}": row for row in rows["results"]}


def is_wanted(arguments, name):
    return not arguments.peer or any(name.startswith(wanted) for wanted in arguments.peer)


def wanted_peers(arguments, peers):
    for name, make in peers.all().items():
        if not is_wanted(arguments, name):
            continue
        if arguments.avx2 and name.startswith(NOT_HELD):
            print(f"  {name:32s} left out: it cannot be held to AVX2", flush=True)
            continue
        try:
            yield name, make()
        except Exception as error:  # named, not hidden
            print(f"  {name:32s} left out: {type(error).__name__}: {str(error).splitlines()[0][:100]}", flush=True)


def encode(arguments, name, texts, sizes=BATCH_SIZES):
    peers = Peers(name, model_folder(arguments.program, name), arguments.work, arguments.threads)
    tokens = sum(len(e.ids) for e in peers.tokenizer.encode_batch(texts))
    print(f"\n{name}: {len(texts)} texts, {tokens} tokens, {arguments.threads} thread(s)", flush=True)
    ours = riverbank_speeds(arguments.program, name, texts, arguments.threads)
    first, fastest = None, 0
    for peer, run in wanted_peers(arguments, peers):
        best, vectors = 0, None
        for size in sizes:
            for _ in range(PASSES):
                started = counted_seconds(arguments.threads)
                vectors = run(texts, size)
                best = max(best, tokens / (counted_seconds(arguments.threads) - started))
        first = vectors if first is None else first
        fastest = max(fastest, best)
        print(f"  {peer:32s}{best:10,.0f} tokens/s   cosine {np.sum(first * vectors, axis=1).min():.5f}", flush=True)
    for form, row in riverbank_speeds(arguments.program, name, texts, arguments.threads).items():
        ours[form] = max(ours[form], row, key=lambda one: one["tokens_per_second"])
    for form, row in ours.items():
        if arguments.avx2 and row["isa"] != "avx2":
            continue  # what the peers were denied
        speed = row["tokens_per_second"]
        ratio = f"{speed / fastest:.2f} x the fastest peer" if fastest else ""
        print(f"  {form:32s}{speed:10,.0f} tokens/s   {100 * row['share_of_peak']:.0f} % of peak   {ratio}", flush=True)


def question(arguments, name):
    encode(arguments, name, ["how do threads share the data that they both need"], sizes=(1,))


def tokenize(arguments, name, texts):
    from tokenizers import Tokenizer

    os.environ["TOKENIZERS_PARALLELISM"] = "true" if arguments.threads > 1 else "false"
    tokenizer = Tokenizer.from_file(str(model_folder(arguments.program, name) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    best = {"tokenizers encode_batch": 0, "tokenizers encode_batch_fast": 0}
    ours = 0
    for _ in range(PASSES):
        for peer, run in (("tokenizers encode_batch", tokenizer.encode_batch), ("tokenizers encode_batch_fast", tokenizer.encode_batch_fast)):
            started = counted_seconds(arguments.threads)
            run(texts)
            best[peer] = max(best[peer], megabytes / (counted_seconds(arguments.threads) - started))
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
            file.write("\n".join(texts) + "\n")
            file.flush()
            rows = riverbank_json(arguments.program, "bench", "tokenize", "--model", name, "--texts", file.name, "--limit", "0",
                                  "--threads", str(arguments.threads))["results"]
        ours = max(ours, rows[0]["bytes_per_second"] / 1e6)
    print(f"\n{name}: {len(texts)} texts, {megabytes:.1f} MB, {arguments.threads} thread(s)", flush=True)
    for peer, speed in best.items():
        print(f"  {peer:32s}{speed:8.1f} MB/s   (riverbank is {ours / speed:.1f} x)", flush=True)
    print(f"  {'riverbank':32s}{ours:8.1f} MB/s", flush=True)


def recall(V, Q, found, exact):
    """As riverbank bench counts: what is as similar as the last of the exact answer is as good."""
    least = np.sum(V[exact[:, -1]] * Q, axis=1) - 1e-6
    good = [np.count_nonzero(V[list(set(ids))] @ q >= bound) for ids, q, bound in zip(found, Q, least)]
    return np.mean(np.minimum(good, exact.shape[1])) / exact.shape[1]


def vectors(arguments, name, texts):
    """The vectors of distinct texts, or those of a file; with --fill also what lies between them."""
    with tempfile.TemporaryDirectory() as folder:
        lines, file, all_vectors = Path(folder) / "texts", Path(folder) / "vectors.f32", Path(folder) / "all.f32"
        if arguments.vectors:
            file = Path(arguments.vectors)
        else:
            lines.write_text("\n".join(dict.fromkeys(texts)) + "\n", encoding="utf-8")
            subprocess.run([arguments.program, "embed", "--file", lines, "--model", name, "--format", "f32", "-o", file],
                           check=True, stderr=subprocess.DEVNULL)
        speed = riverbank_json(arguments.program, "bench", "vectors", "--vectors", file, "--limit",
                               str(arguments.limit if arguments.vectors else 0), "--fill", str(arguments.fill),
                               "--output", all_vectors, "--dimensions", str(arguments.dimensions), "--threads",
                               str(arguments.threads))["results"][0]
        V = np.fromfile(all_vectors, np.float32).reshape(-1, arguments.dimensions)
    V, Q = V[: speed["count"]], V[speed["count"] :]
    exact = np.argsort(-Q @ V.T, axis=1)[:, :10]
    print(f"\n{len(V)} vectors of {name}, {speed['interpolated']} of them interpolated, {len(Q)} questions; "
          f"{arguments.threads} thread(s) build, one asks; processor seconds", flush=True)

    def show(peer, build, bytes_each, ef, found_recall, rate):
        print(f"  {peer:12s} build {build:7.2f} s  {bytes_each:6.0f} bytes each  ef {ef:4d}  recall {found_recall:.4f}"
              f"  {rate:8,.0f} questions/s", flush=True)

    search = speed["searches"][-1]
    ours = (speed["build_processor_seconds"], speed["graph_bytes"] / len(V), search["queries_per_second"])
    show("riverbank", *ours[:2], search["ef"], search["recall_at_10"], ours[2])
    print(f"  {'':12s} and {speed['vector_bytes'] / len(V):.0f} bytes each beside the graph, for the order of the best",
          flush=True)
    for peer, make in PEER_GRAPHS.items():
        if not is_wanted(arguments, peer):
            continue
        try:
            started = time.process_time()  # of all threads
            ask, save = make(V, arguments.threads)
            build = time.process_time() - started
            with tempfile.NamedTemporaryFile() as file:
                save(file.name)
                size = os.path.getsize(file.name) / len(V)
            for ef in WALKS:
                best = 1e9
                for _ in range(PASSES):
                    started = time.process_time()
                    found = ask(Q, ef)
                    best = min(best, time.process_time() - started)
                found_recall = recall(V, Q, found, exact)
                if found_recall >= min(0.99, search["recall_at_10"]) or ef == WALKS[-1]:
                    show(peer, build, size, ef, found_recall, len(Q) / best)
                    print(f"  {'':12s} riverbank: {ours[0] / build:.2f} of its build, {ours[1] / size:.2f} of its bytes, "
                          f"{ours[2] * best / len(Q):.2f} x its questions/s", flush=True)
                    break
        except Exception as error:
            print(f"  {peer:12s} left out: {type(error).__name__}: {str(error).splitlines()[0][:100]}", flush=True)


def process_seconds(command, **settings):
    started = time.perf_counter()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **settings)
    return time.perf_counter() - started


def chroma_home(work, peers):
    """A home whose cache holds the model that chroma would download."""
    home = work / "home"
    cache = home / ".cache/chroma/onnx_models/all-MiniLM-L6-v2/onnx"
    if not (cache / "model.onnx").exists():
        from transformers import BertTokenizerFast

        cache.mkdir(parents=True, exist_ok=True)
        BertTokenizerFast(tokenizer_file=str(peers.folder / "tokenizer.json")).save_pretrained(cache)
        for name in ("vocab.txt", "special_tokens_map.json", "tokenizer_config.json"):
            (cache / name).touch()  # chroma asks that they are there, and reads tokenizer.json alone
        shutil.copy(peers.folder / "tokenizer.json", cache)
        shutil.copy(peers.folder / "config.json", cache)
        shutil.copy(peers.onnx(), cache / "model.onnx")
    return home


def folder(arguments, name):
    peers = Peers(name, model_folder(arguments.program, name), arguments.work, arguments.threads)
    print(f"\n{name}: {arguments.folder}, {arguments.threads} thread(s), whole processes", flush=True)
    with tempfile.TemporaryDirectory() as stores:
        threads = ["--threads", arguments.threads]
        ours = Path(stores) / "riverbank"

        def peer(verb, engine, text):
            command = [sys.executable, Path(__file__).with_name("folder_peer.py"), verb, engine, peers.folder,
                       Path(stores) / engine, arguments.threads, text]
            home = chroma_home(arguments.work, peers) if engine == "chroma" else Path.home()
            return process_seconds(command, env=dict(os.environ, HOME=str(home), ANONYMIZED_TELEMETRY="False"))

        index = {"riverbank": process_seconds(
            [arguments.program, "index", arguments.folder, "--index", ours, "--model", name, *threads])}
        for engine in FOLDER_PEERS.get(name, FOLDER_PEERS["all-MiniLM-L6-v2"][1:]):
            try:
                index[engine] = peer("index", engine, arguments.folder)
            except Exception as error:  # named, not hidden
                print(f"  {engine:28s} left out: {type(error).__name__}: {str(error).splitlines()[0][:100]}", flush=True)
        asked = {engine: [] for engine in index}
        for question in QUESTIONS:  # in turn, so that all meet the same machine
            for engine in index:
                cold = [arguments.program, "query", question, "--index", ours, "-k", "5", "--json", "--min-relevance", "0", *threads]
                asked[engine].append(process_seconds(cold) if engine == "riverbank" else peer("query", engine, question))
    for engine, seconds in index.items():
        median = sorted(asked[engine])[len(QUESTIONS) // 2]
        ours_median = sorted(asked["riverbank"])[len(QUESTIONS) // 2]
        print(f"  {engine:28s} index {seconds:7.2f} s ({seconds / index['riverbank']:5.2f} x)   question {1e3 * median:7.0f} ms"
              f" ({median / ours_median:5.1f} x, least {1e3 * min(asked[engine]):.0f} ms)", flush=True)


parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("--model", action="append")
parser.add_argument("--texts", default="")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--limit", type=int, default=100)
parser.add_argument("--only", choices=("encode", "question", "tokenize", "vectors", "folder"))
parser.add_argument("--folder", default="")
parser.add_argument("--vectors", default="", help="take these, as `riverbank embed --format f32` writes them")
parser.add_argument("--dimensions", type=int, default=384)
parser.add_argument("--fill", type=int, default=0)
parser.add_argument("--work", type=Path, required=True)
parser.add_argument("--peer", action="append")
parser.add_argument("--avx2", action="store_true")
arguments = parser.parse_args()
if arguments.avx2:
    os.environ.update(ONLY_AVX2)  # before any of them is imported
all_texts = read_texts(arguments.texts, arguments.limit)
for model in arguments.model or list(POOLING):
    if arguments.only in (None, "encode"):
        encode(arguments, model, all_texts)
    if arguments.only in (None, "question"):
        question(arguments, model)
    if arguments.only in (None, "tokenize"):
        tokenize(arguments, model, all_texts)
    if arguments.only in (None, "vectors"):
        if arguments.vectors or len(set(all_texts)) >= LEAST_VECTORS:
            vectors(arguments, model, all_texts)
        else:
            print(f"\n{model}: graphs left out, {len(all_texts)} texts are too few (--limit)", flush=True)
    if arguments.only in (None, "folder") and arguments.folder:
        folder(arguments, model)
