"""What encodes beside riverbank (peers.py): onnxruntime, openvino, sentence-transformers, ctranslate2."""
from concurrent.futures import ThreadPoolExecutor

import numpy as np

POOLING = {"all-MiniLM-L6-v2": "mean", "bge-small-en-v1.5": "cls"}
MAX_TOKENS = {"all-MiniLM-L6-v2": 256, "bge-small-en-v1.5": 512}


class Peers:
    """What encodes for one model; each entry makes a function from ids (batch, T) and mask to hidden states."""

    def __init__(self, name, folder, work, threads):
        from tokenizers import Tokenizer

        self.name, self.folder, self.work, self.threads = name, folder, work / name, threads
        self.work.mkdir(parents=True, exist_ok=True)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS[name])
        self.tokenizer.no_padding()

    def onnx(self, int8=False):
        plain, quantized = self.work / "model.onnx", self.work / "model_int8.onnx"
        if not plain.exists():
            import torch
            from transformers import AutoModel

            class Hidden(torch.nn.Module):
                def __init__(self, model):
                    super().__init__()
                    self.model = model

                def forward(self, ids, mask, types):
                    return self.model(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state

            model = AutoModel.from_pretrained(self.folder, attn_implementation="eager", add_pooling_layer=False).eval()
            names = ["input_ids", "attention_mask", "token_type_ids"]
            axes = {k: {0: "batch", 1: "tokens"} for k in (*names, "hidden")}
            torch.onnx.export(Hidden(model), (torch.ones(2, 8, dtype=torch.int64),) * 2 + (torch.zeros(2, 8, dtype=torch.int64),),
                              str(plain), input_names=names, output_names=["hidden"], dynamic_axes=axes, dynamo=False)
        if int8 and not quantized.exists():
            from onnxruntime.quantization import QuantType, quantize_dynamic

            quantize_dynamic(str(plain), str(quantized), weight_type=QuantType.QInt8)
        return str(quantized if int8 else plain)

    def onnxruntime(self, int8):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(self.onnx(int8), options, providers=["CPUExecutionProvider"])
        names = {i.name for i in session.get_inputs()}

        def hidden(ids, mask):
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            return session.run(None, {k: v for k, v in feed.items() if k in names})[0]

        return self.padded(hidden)

    def openvino(self, precision, int8=False):
        import openvino
        import openvino.properties
        import openvino.properties.hint as hint

        compiled = openvino.Core().compile_model(self.onnx(int8), "CPU", {
            openvino.properties.inference_num_threads(): self.threads,
            hint.inference_precision(): precision,
            hint.performance_mode(): hint.PerformanceMode.LATENCY})
        names = {n for i in compiled.inputs for n in i.names}
        request = compiled.create_infer_request()

        def hidden(ids, mask):
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            request.infer({k: v for k, v in feed.items() if k in names})
            return np.array(request.get_output_tensor(0).data, np.float32)

        return self.padded(hidden)

    def sentence_transformers(self, dtype):
        import torch
        from sentence_transformers import SentenceTransformer, models

        torch.set_num_threads(self.threads)
        transformer = models.Transformer(str(self.folder), max_seq_length=MAX_TOKENS[self.name],
                                         model_args={"dtype": getattr(torch, dtype)})
        pooling = models.Pooling(transformer.get_word_embedding_dimension(), POOLING[self.name])
        model = SentenceTransformer(modules=[transformer, pooling], device="cpu")
        return lambda texts, size: model.encode(texts, batch_size=size, normalize_embeddings=True,
                                                show_progress_bar=False).astype(np.float32)

    def ctranslate2(self, compute):
        import ctranslate2

        converted = self.work / "ctranslate2"
        if not converted.exists():
            ctranslate2.converters.TransformersConverter(str(self.folder)).convert(str(converted))
        encoder = ctranslate2.Encoder(str(converted), device="cpu", compute_type=compute, inter_threads=self.threads,
                                      intra_threads=1)

        def encode(texts, size):
            ids = [e.ids for e in self.tokenizer.encode_batch(texts)]
            order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
            vectors = [None] * len(ids)

            def run(batch):
                hidden = np.array(encoder.forward_batch([ids[i] for i in batch]).last_hidden_state).astype(np.float32)
                mask = np.zeros(hidden.shape[:2], np.int64)
                for row, i in enumerate(batch):
                    mask[row, : len(ids[i])] = 1
                for row, vector in zip(batch, self.pool(hidden, mask)):
                    vectors[row] = vector

            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(run, [order[i : i + size] for i in range(0, len(order), size)]))
            return np.stack(vectors)

        return encode

    def pool(self, hidden, mask):
        if POOLING[self.name] == "cls":
            pooled = hidden[:, 0]
        else:
            weights = mask[..., None].astype(np.float32)
            pooled = (hidden * weights).sum(1) / weights.sum(1)
        return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)

    def padded(self, hidden):
        def encode(texts, size):
            ids = [e.ids for e in self.tokenizer.encode_batch(texts)]
            order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
            vectors = [None] * len(ids)
            for begin in range(0, len(order), size):
                batch = order[begin : begin + size]
                x = np.zeros((len(batch), max(len(ids[i]) for i in batch)), np.int64)
                mask = np.zeros_like(x)
                for row, i in enumerate(batch):
                    x[row, : len(ids[i])] = ids[i]
                    mask[row, : len(ids[i])] = 1
                for row, vector in zip(batch, self.pool(hidden(x, mask), mask)):
                    vectors[row] = vector
            return np.stack(vectors)

        return encode

    def all(self):
        return {
            "onnxruntime f32": lambda: self.onnxruntime(False),
            "onnxruntime int8": lambda: self.onnxruntime(True),
            "openvino f32": lambda: self.openvino("f32"),
            "openvino bf16": lambda: self.openvino("bf16"),
            "openvino int8": lambda: self.openvino("f32", True),
            "sentence-transformers f32": lambda: self.sentence_transformers("float32"),
            "sentence-transformers bf16": lambda: self.sentence_transformers("bfloat16"),
            "ctranslate2 f32": lambda: self.ctranslate2("float32"),
            "ctranslate2 int8": lambda: self.ctranslate2("int8_float32"),
        }
