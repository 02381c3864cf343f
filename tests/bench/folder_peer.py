#!/usr/bin/env python3
"""A folder that can be asked, as one would write it in Python: text files, passages of up to 200 words, vectors, a
store and a graph. peers.py times it as a whole process.

usage: folder_peer.py index ENGINE MODEL STORE THREADS FOLDER
       folder_peer.py query ENGINE MODEL STORE THREADS QUESTION

ENGINE sentence-transformers (float32), sentence-transformers-bf16: PyTorch, hnswlib and sqlite3; MODEL is a transformers
folder. ENGINE chroma: chromadb with the model of its own, all-MiniLM-L6-v2 by onnxruntime, out of its cache.
"""
import re
import sqlite3
import sys
from pathlib import Path

PASSAGE_WORDS = 200


def passages(folder):
    for path in sorted(p for p in Path(folder).rglob("*") if p.suffix in (".md", ".rst", ".txt")):
        words = []
        for paragraph in re.split(r"\n\s*\n", path.read_text(encoding="utf-8", errors="replace")):
            for start in range(0, len(paragraph.split()), PASSAGE_WORDS):
                some = paragraph.split()[start : start + PASSAGE_WORDS]
                if len(words) + len(some) > PASSAGE_WORDS:
                    yield str(path), " ".join(words)
                    words = []
                words += some
        if words:
            yield str(path), " ".join(words)


def with_sentence_transformers(verb, dtype, model, store, threads, text):
    import hnswlib
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    encoder = SentenceTransformer(model, device="cpu", model_kwargs={"torch_dtype": dtype})
    store.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(store / "passages.db")
    encode = lambda texts: encoder.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    if verb == "index":
        found = list(passages(text))
        database.execute("CREATE TABLE passage (id INTEGER PRIMARY KEY, path TEXT, text TEXT)")
        database.executemany("INSERT INTO passage (path, text) VALUES (?, ?)", found)
        database.commit()
        vectors = encode([passage for _, passage in found])
        graph = hnswlib.Index("cosine", vectors.shape[1])
        graph.init_index(len(found), M=16, ef_construction=200)
        graph.set_num_threads(threads)
        graph.add_items(vectors, range(1, len(found) + 1))
        graph.save_index(str(store / "graph"))
        return len(found)
    graph = hnswlib.Index("cosine", encoder.get_sentence_embedding_dimension())
    graph.load_index(str(store / "graph"))
    graph.set_ef(100)
    labels, _ = graph.knn_query(encode([text]), k=5)
    return [database.execute("SELECT path FROM passage WHERE id = ?", (int(i),)).fetchone()[0] for i in labels[0]]


def with_chroma(verb, store, text):
    import chromadb

    client = chromadb.PersistentClient(path=str(store))
    if verb == "query":
        answer = client.get_collection("passages").query(query_texts=[text], n_results=5)
        return [place["path"] for place in answer["metadatas"][0]]
    collection = client.create_collection("passages")
    found = list(passages(text))
    for first in range(0, len(found), 500):
        some = found[first : first + 500]
        collection.add(ids=[str(first + i) for i in range(len(some))], documents=[passage for _, passage in some],
                       metadatas=[{"path": path} for path, _ in some])
    return len(found)


verb, engine, model, store, threads, text = sys.argv[1:]
if engine == "chroma":
    print(with_chroma(verb, Path(store), text))
else:
    dtype = "bfloat16" if engine.endswith("bf16") else "float32"
    print(with_sentence_transformers(verb, dtype, model, Path(store), int(threads), text))
