"""The graphs beside riverbank's (peers.py): each makes one of V and gives ask(Q, ef) and save(name)."""
import numpy as np


def hnswlib_graph(V, threads):
    import hnswlib

    graph = hnswlib.Index("ip", V.shape[1])
    graph.init_index(len(V), M=16, ef_construction=200)
    graph.add_items(V, np.arange(len(V)), num_threads=threads)

    def ask(Q, ef):
        graph.set_ef(ef)
        return graph.knn_query(Q, k=10, num_threads=1)[0]

    return ask, graph.save_index


def faiss_graph(V, threads):
    import faiss

    faiss.omp_set_num_threads(threads)
    graph = faiss.IndexHNSWFlat(V.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = 200
    graph.add(V)

    def ask(Q, ef):
        faiss.omp_set_num_threads(1)
        graph.hnsw.efSearch = ef
        return graph.search(Q, 10)[1]

    return ask, lambda name: faiss.write_index(graph, name)


def usearch_graph(V, threads, dtype):
    from usearch.index import Index

    graph = Index(ndim=V.shape[1], metric="ip", dtype=dtype, connectivity=16, expansion_add=200)
    graph.add(np.arange(len(V)), V, threads=threads)

    def ask(Q, ef):
        graph.expansion_search = ef
        return graph.search(Q, 10, threads=1).keys

    return ask, graph.save


PEER_GRAPHS = {
    "hnswlib": hnswlib_graph,
    "faiss": faiss_graph,
    "usearch f32": lambda V, threads: usearch_graph(V, threads, "f32"),
    "usearch bf16": lambda V, threads: usearch_graph(V, threads, "bf16"),
    "usearch i8": lambda V, threads: usearch_graph(V, threads, "i8"),
}
