"""What trec_eval says of random runs with many ties: trec_eval.json, for tests/index/search/trec_eval_test.cpp.

    pip install pytrec-eval-terrier
    python make_trec_golden.py trec_eval.json

Ids, grades and scores are drawn with a fixed seed; scores from few values, some of them apart in double precision but
equal in trec_eval's single precision.
"""
import json
import random
import sys

import pytrec_eval

MEASURES = {
    "ndcg": "ndcg", "ndcg@1": "ndcg_cut_1", "ndcg@3": "ndcg_cut_3", "ndcg@10": "ndcg_cut_10", "ndcg@100": "ndcg_cut_100",
    "map": "map", "map@5": "map_cut_5", "map@100": "map_cut_100", "mrr": "recip_rank",
    "recall@1": "recall_1", "recall@5": "recall_5", "recall@100": "recall_100",
    "success@1": "success_1", "success@5": "success_5", "success@10": "success_10",
}


def main() -> None:
    draw = random.Random(7)
    qrels, run = {}, {}
    for number in range(40):
        question = f"q{number}"
        documents = [f"d{i}" for i in range(60)]
        judged = draw.sample(documents, draw.randint(1, 20))
        top_grade = draw.choice([1, 1, 3])
        qrels[question] = {d: draw.choice([-1, 0, 0] + list(range(1, top_grade + 1))) for d in judged}
        if number == 0:
            qrels[question] = {d: 0 for d in judged}  # nothing is relevant
        if number == 1:
            continue  # judged, but the run has nothing
        steps = draw.choice([2, 5, 20, 1000])
        run[question] = {
            d: draw.randrange(steps) / steps + draw.choice([0, 1e-12]) for d in draw.sample(documents, draw.randint(1, 60))
        }
    run["unjudged"] = {"d1": 1.0}
    measures = {"ndcg", "map", "recip_rank", "ndcg_cut.1,3,10,100", "map_cut.5,100", "recall.1,5,100", "success.1,5,10"}
    found = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(run)
    expected = {q: {ours: values[theirs] for ours, theirs in MEASURES.items()} for q, values in found.items()}
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        json.dump({"qrels": qrels, "run": run, "expected": expected}, out, separators=(",", ":"))


if __name__ == "__main__":
    main()
