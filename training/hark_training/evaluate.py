"""Measures the shipped int8 model and writes results.json and RESULTS.md. Trains nothing, tunes nothing."""

import ast
import csv
import json
import time

import numpy

from . import mapping, scores, settings
from .export import FP32, INT8
from .labels import EMOTIONS, HEADS, INTENTS, SENTIMENT, TOUCHPOINTS, UNKNOWN
from .prepare import EVALUATE, TRAIN, read_csv
from .runner import Runner
from .train import read_examples


class Model:
    """The model with its labels.json: probabilities and decisions."""

    def __init__(self, path):
        self.runner = Runner(path)
        self.heads = json.loads((settings.MODEL_DIR / "labels.json").read_text())["heads"]

    def __call__(self, texts):
        logits = self.runner.run(texts)
        out = {}
        for head, values in logits.items():
            scaled = values / self.heads[head]["temperature"]
            out[head] = scores.softmax(scaled) if head == "sentiment" else scores.sigmoid(scaled)
        return out

    def said(self, head, probability):
        return probability >= numpy.array(self.heads[head]["thresholds"])


def sentiment_scores(truth, probability, uncertain_below):
    said, sure = probability.argmax(1), probability.max(1) >= uncertain_below
    return {
        "texts": len(truth),
        "accuracy": float((said == truth).mean()),
        "macro_recall": scores.macro_recall(truth, said),
        "macro_f1": scores.macro_f1(truth, said),
        "recall": {SENTIMENT[c]: float((said[truth == c] == c).mean()) for c in range(3)},
        "calibration_error": scores.calibration_error(truth, probability),
        "uncertain_share": float(1 - sure.mean()),
        "accuracy_when_certain": float((said == truth)[sure].mean()),
    }


def yes_no(truth, said):
    precision, recall = scores.precision_recall(truth, said)
    return {"texts": len(truth), "yes": int(truth.sum()), "f1": scores.f1(truth, said), "precision": precision, "recall": recall, "accuracy": float((truth == said).mean())}


def tweeteval(model):
    folder = EVALUATE / "tweeteval" / "sentiment"
    truth = numpy.array([int(x) for x in (folder / "test_labels.txt").read_text().split()])
    texts = (folder / "test_text.txt").read_text(encoding="utf-8").split("\n")[: len(truth)]
    return sentiment_scores(truth, model(texts)["sentiment"], model.heads["sentiment"]["uncertain_below"])


def airline(model):
    rows = read_csv(EVALUATE / "airline" / "Tweets.csv")
    truth = numpy.array([SENTIMENT.index(row["airline_sentiment"]) for row in rows])
    return sentiment_scores(truth, model([row["text"] for row in rows])["sentiment"], model.heads["sentiment"]["uncertain_below"])


def fabsa(model):
    """An aspect is found when one of its ids is said; a said id that no aspect of the text explains
    is wrong. Ids that no aspect maps to are outside what FABSA can judge."""
    rows = read_csv(EVALUATE / "fabsa" / "fabsa.csv")
    said = model.said("touchpoints", model([row["text"] for row in rows])["touchpoints"])
    names = [{t for t, yes in zip(TOUCHPOINTS, line) if yes} for line in said]
    aspects = [{label.rsplit(".", 1)[0] for label in ast.literal_eval(row["labels"])} for row in rows]
    out = {"texts": len(rows)}
    for kind, table in (("either_id", mapping.FABSA), ("strict", {a: ids[:1] for a, ids in mapping.FABSA.items()})):
        judged = {i for ids in table.values() for i in ids}
        found = wanted = wrong = 0
        each = {a: [0, 0] for a in table}
        for text_aspects, text_names in zip(aspects, names):
            explained = {i for a in text_aspects for i in table[a]}
            wrong += len((text_names & judged) - explained)
            # Aspects with the same single id are one question.
            for ids in {tuple(table[a]) for a in text_aspects}:
                wanted += 1
                found += bool(text_names & set(ids))
            for a in text_aspects:
                each[a][0] += bool(text_names & set(table[a]))
                each[a][1] += 1
        precision, recall = found / max(1, found + wrong), found / max(1, wanted)
        out[kind] = {
            "micro_f1": 2 * precision * recall / max(1e-9, precision + recall), "precision": precision, "recall": recall,
            "recall_by_aspect": {a: hit / max(1, n) for a, (hit, n) in each.items()},
        }
    return out


def complaints(model):
    with open(EVALUATE / "complaints-social-media" / "complaints-data.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) > 2]
    truth = numpy.array([row[2] == "1" for row in rows])
    said = model.said("intents", model([row[1] for row in rows])["intents"])
    return yes_no(truth, said[:, INTENTS.index("complaint")])


def suggestions(model):
    path = EVALUATE / "semeval2019-suggestion" / "SubtaskA_EvaluationData_labeled.csv"
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) > 2]
    truth = numpy.array([row[2] == "1" for row in rows])
    said = model.said("intents", model([row[1] for row in rows])["intents"])
    return yes_no(truth, said[:, INTENTS.index("suggestion")])


def goemotions_test(model):
    names = (TRAIN / "goemotions" / "labels.txt").read_text().split()
    texts, labels = [], []
    for line in (TRAIN / "goemotions" / "test.tsv").read_text(encoding="utf-8").splitlines():
        text, indices, _ = line.rsplit("\t", 2)
        found = {names[int(i)] for i in indices.split(",")}
        texts.append(text.replace("[NAME]", "Alex"))
        labels.append([
            1 if found & set(mapping.GOEMOTIONS_YES[e]) else UNKNOWN if found & set(mapping.GOEMOTIONS_MAYBE[e]) else 0
            for e in EMOTIONS
        ])
    result = scores.multi_label(numpy.array(labels), model.said("emotions", model(texts)["emotions"]))
    result["each"] = dict(zip(EMOTIONS, result["each"]))
    return {"texts": len(texts)} | result


def own_held_out(model):
    """Thresholds were chosen on these texts, so the scores here use others: each fifth is judged by
    thresholds chosen on the remaining four."""
    rows = [row for row in read_examples("dev") if row["source"] == "own"]
    probability = model([row["text"] for row in rows])
    truth = numpy.array([row["sentiment"] for row in rows])
    out = {"sentiment": sentiment_scores(truth, probability["sentiment"], model.heads["sentiment"]["uncertain_below"])}
    fold = numpy.arange(len(rows)) % 5
    for head in ("touchpoints", "intents", "emotions"):
        labels, p = numpy.array([row[head] for row in rows]), probability[head]
        said = numpy.zeros_like(labels, dtype=bool)
        for part in range(5):
            here = fold == part
            said[here] = p[here] >= numpy.array(scores.thresholds(p[~here], labels[~here]))
        result = scores.multi_label(labels, said)
        result["each"] = {n: {"f1": f, "yes": int((labels[:, c] == 1).sum())} for c, (n, f) in enumerate(zip(HEADS[head], result["each"]))}
        result["calibration_error"] = scores.binary_calibration_error((labels == 1).ravel(), p.ravel())
        out[head] = result
    return out


def rounded(value):
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def table(r):
    """The results as Markdown, in per cent."""
    def pc(x):
        return f"{100 * x:.1f}"

    lines = ["| what | measure | score | texts |", "|---|---|---|---|"]

    def line(what, measure, score, texts):
        lines.append(f"| {what} | {measure} | {score} | {texts:,} |")

    for name, title in (("tweeteval", "TweetEval sentiment test"), ("airline", "Airline tweets"), ("own", "Our own held-out texts")):
        s = r[name]["sentiment"] if name == "own" else r[name]
        line(title, "sentiment: macro-recall", pc(s["macro_recall"]), s["texts"])
        line(title, "sentiment: accuracy · macro-F1", f"{pc(s['accuracy'])} · {pc(s['macro_f1'])}", s["texts"])
        line(title, "recall negative · neutral · positive", " · ".join(pc(s["recall"][c]) for c in SENTIMENT), s["texts"])
        line(title, "expected calibration error", pc(s["calibration_error"]), s["texts"])
        line(title, "share `uncertain` · accuracy of the rest", f"{pc(s['uncertain_share'])} · {pc(s['accuracy_when_certain'])}", s["texts"])
    if "tweeteval_fp32" in r:
        line("TweetEval, fp32 instead of int8", "sentiment: macro-recall", pc(r["tweeteval_fp32"]["macro_recall"]), r["tweeteval_fp32"]["texts"])
    f = r["fabsa"]
    for kind, title in (("either_id", "either id"), ("strict", "nearest id only")):
        line("FABSA reviews", f"touchpoints, {title}: micro-F1 · precision · recall", " · ".join(pc(f[kind][k]) for k in ("micro_f1", "precision", "recall")), f["texts"])
    for name, title, label in (("complaints", "Complaints on social media", "complaint"), ("suggestions", "SemEval 2019 suggestions", "suggestion")):
        line(title, f"{label}: F1 · precision · recall", " · ".join(pc(r[name][k]) for k in ("f1", "precision", "recall")), r[name]["texts"])
    g = r["goemotions"]
    line("GoEmotions test", "emotions: micro-F1 · macro-F1", f"{pc(g['micro_f1'])} · {pc(g['macro_f1'])}", g["texts"])
    own, count = r["own"], r["own"]["sentiment"]["texts"]
    for head in ("touchpoints", "intents", "emotions"):
        line("Our own held-out texts", f"{head}: micro-F1 · macro-F1", f"{pc(own[head]['micro_f1'])} · {pc(own[head]['macro_f1'])}", count)
        line("Our own held-out texts", f"{head}: expected calibration error", pc(own[head]["calibration_error"]), count)
    lines += ["", "Our own held-out texts, label by label (F1, and how many texts carry it):", "", "| head | label | F1 | texts |", "|---|---|---|---|"]
    for head in ("touchpoints", "intents", "emotions"):
        lines += [f"| {head} | `{n}` | {pc(x['f1'])} | {x['yes']} |" for n, x in own[head]["each"].items()]
    lines += ["", "FABSA, how often each aspect is found (either id):", "", "| aspect | recall |", "|---|---|"]
    lines += [f"| {a} | {pc(x)} |" for a, x in f["either_id"]["recall_by_aspect"].items()]
    return "\n".join(lines) + "\n"


def main():
    model = Model(INT8)
    results = {"model": settings.VERSION}
    for name, measure in (
        ("own", own_held_out), ("tweeteval", tweeteval), ("airline", airline), ("fabsa", fabsa),
        ("complaints", complaints), ("suggestions", suggestions), ("goemotions", goemotions_test),
    ):
        started = time.monotonic()
        results[name] = rounded(measure(model))
        print(f"evaluate: {name} in {time.monotonic() - started:.0f} s", flush=True)
    results["tweeteval_fp32"] = rounded(tweeteval(Model(FP32)))
    for name in ("train", "int8", "counts"):
        path = settings.WORK / f"{name}.json"
        if path.exists():
            results[name] = json.loads(path.read_text())
    (settings.TRAINING / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    text = table(results)
    (settings.TRAINING / "RESULTS.md").write_text(f"# Scores of {settings.VERSION}\n\nWritten by `python -m hark_training.evaluate`; in per cent.\n\n{text}")
    put_into_card(text)
    print(text)


def put_into_card(text):
    """The model card repeats the scores between two marks, so that it cannot drift from them."""
    card = settings.MODEL_DIR / "MODEL_CARD.md"
    if card.exists():
        before, rest = card.read_text().split("<!-- scores -->\n", 1)
        after = rest.split("<!-- end of scores -->\n", 1)[1]
        card.write_text(f"{before}<!-- scores -->\n{text}<!-- end of scores -->\n{after}")


if __name__ == "__main__":
    main()
