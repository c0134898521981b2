"""Fits temperatures and thresholds on held-out text and writes services/classify/model/labels.json.

Held out: a tenth of our own corpus' training part and a part of SemEval that it was not trained on. All
but sentiment comes from our own part alone, since only it labels everything, on real shapes of text.
No evaluation set and nothing of our own test is read here.
"""

import json

import numpy

from . import scores, settings
from .export import INT8
from .labels import HEADS, UNKNOWN
from .runner import Runner
from .train import read_examples

# Sources whose held-out part speaks for a head.
HELD_OUT = {"sentiment": ("own", "semeval"), "touchpoints": ("own",), "intents": ("own",), "emotions": ("own",), "expectation": ("own",)}


def held_out():
    """Held-out rows and the int8 model's logits for them."""
    rows = [row for row in read_examples("dev") if row["source"] in ("own", "semeval")]
    return rows, Runner(INT8).run([row["text"] for row in rows])


def source_weights(rows):
    """Every source counts alike, whatever its size."""
    sources = numpy.array([row["source"] for row in rows])
    return sum((sources == s) / max(1, (sources == s).sum()) for s in set(sources)) * len(rows)


def uncertain_below(probability, truth):
    """The confidence under which the answer is right less than 55 times in 100; 0.40 to 0.60."""
    confidence, right = probability.max(1), probability.argmax(1) == truth
    for p in numpy.arange(0.60, 0.40, -0.01):
        near = (confidence >= p - 0.05) & (confidence < p)
        if near.sum() >= 20 and right[near].mean() < 0.55:
            return round(float(p), 2)
    return 0.40


def main():
    rows, logits = held_out()
    heads, curves = {}, {}
    for head, labels in HEADS.items():
        pick = [i for i, row in enumerate(rows) if row["source"] in HELD_OUT[head] and (head != "sentiment" or row["sentiment"] != UNKNOWN)]
        chosen, out = [rows[i] for i in pick], logits[head][pick]
        weight = source_weights(chosen)
        if head == "sentiment":
            truth = numpy.array([row["sentiment"] for row in chosen])
            temperature = scores.softmax_temperature(out, truth, weight)
            probability = scores.softmax(out / temperature)
            extra = {"uncertain_below": uncertain_below(probability, truth)}
            reliability = scores.reliability(probability.max(1), probability.argmax(1) == truth)
        else:
            known = numpy.array([row[head] for row in chosen])
            temperature = scores.sigmoid_temperature(out, known == 1, weight[:, None] * (known >= 0))
            probability = scores.sigmoid(out / temperature)
            extra = {"thresholds": [round(t, 3) for t in scores.thresholds(probability, known)]}
            reliability = scores.reliability(probability[known >= 0], (known == 1)[known >= 0])
        curves[head] = reliability
        heads[head] = {"labels": labels, "temperature": round(temperature, 4)} | extra
        print(f"calibrate: {head} on {len(pick)} texts: temperature {temperature:.3f} {extra}")
    (settings.WORK / "reliability.json").write_text(json.dumps(curves))
    (settings.MODEL_DIR / "labels.json").write_text(json.dumps({"model": settings.VERSION, "heads": heads}, indent=2) + "\n")


if __name__ == "__main__":
    main()
