"""Runs an exported model as production does: normalise, cut, batch by tokens."""

import numpy
import onnxruntime

from .labels import HEADS
from .tokens import batches_by_length, encode, pad


class Runner:
    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(self, texts):
        """Raw logits of each head, float32 [texts, labels]."""
        ids = encode(texts)
        out = {head: numpy.zeros((len(ids), len(labels)), dtype=numpy.float32) for head, labels in HEADS.items()}
        for group in batches_by_length(ids, 2048):
            input_ids, mask = pad([ids[i] for i in group])
            logits = self.session.run(list(HEADS), {"input_ids": input_ids, "attention_mask": mask})
            for head, values in zip(HEADS, logits):
                out[head][group] = values
        return out
