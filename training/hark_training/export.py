"""Writes services/classify/model/model.onnx (int8) and tokenizer.json, and compares int8 with fp32."""

import json

import numpy
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load_file

from . import settings
from .labels import HEADS
from .model import Exported, untrained
from .per_row import quantise_rows
from .runner import Runner
from .tokens import plain_tokenizer
from .train import read_examples

FP32 = settings.WORK / "model-fp32.onnx"
INT8 = settings.MODEL_DIR / "model.onnx"


def to_onnx():
    model = untrained(0.0)
    model.load_state_dict(load_file(settings.WORK / "model.safetensors"))
    model.eval()
    ids = torch.ones(2, 9, dtype=torch.int64)
    axes = {0: "batch", 1: "seq"}
    outputs = [*HEADS, "embedding"]
    torch.onnx.export(
        Exported(model), (ids, torch.ones_like(ids)), str(FP32), opset_version=17, dynamo=False,
        input_names=["input_ids", "attention_mask"], output_names=outputs,
        dynamic_axes={"input_ids": axes, "attention_mask": axes} | {name: {0: "batch"} for name in outputs},
    )


def quantise():
    # Seven-bit weights (reduce_range): without VNNI an x86 processor adds pairs of products in
    # 16 bits, which eight-bit weights overflow. So the scores are the same on every machine.
    quantize_dynamic(
        FP32, INT8, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
    )
    quantise_rows(INT8)
    model = onnx.load(INT8)
    operators = sorted({f"{node.domain}:{node.op_type}" if node.domain else node.op_type for node in model.graph.node})
    print("export:", ", ".join(operators))
    print("export: opsets", {o.domain or "onnx": o.version for o in model.opset_import}, f"{INT8.stat().st_size / 1e6:.1f} MB")


def compare():
    """How far int8 is from fp32 on held-out text; the labels are what counts."""
    texts = [row["text"] for row in read_examples("dev")][:1500]
    ours, theirs = Runner(INT8).run(texts), Runner(FP32).run(texts)
    same = {}
    for head in HEADS:
        a, b = ours[head], theirs[head]
        agree = (a.argmax(1) == b.argmax(1)).mean() if head == "sentiment" else ((a > 0) == (b > 0)).mean()
        same[head] = {"same_decision": round(float(agree), 4), "mean_abs_logit_difference": round(float(numpy.abs(a - b).mean()), 4)}
    print("export: int8 against fp32", json.dumps(same))
    (settings.WORK / "int8.json").write_text(json.dumps(same))


def main():
    settings.MODEL_DIR.mkdir(parents=True, exist_ok=True)
    to_onnx()
    quantise()
    plain_tokenizer().save(str(settings.MODEL_DIR / "tokenizer.json"), pretty=False)
    compare()


if __name__ == "__main__":
    main()
