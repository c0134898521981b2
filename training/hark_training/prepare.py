"""Reads every source and writes work/examples.jsonl: normalised text, labels, unknowns, split.

One line: {"source", "split" (train|dev), "text", "target", "sentiment" (0..2 or -1), "sentiment_weight",
"touchpoints", "intents", "emotions", "expectation" (lists of 1, 0, -1)}.
"""

import collections
import csv
import hashlib
import json
import re
import xml.etree.ElementTree as xml

from . import mapping, settings
from .labels import EMOTIONS, EXPECTATION, HEADS, INTENTS, SENTIMENT, SIGMOID_HEADS, TOUCHPOINTS, UNKNOWN, vector
from .target import towards
from .text import normalise

TRAIN = settings.DATASETS / "train"
EVALUATE = settings.DATASETS / "evaluate"


def example(source, text, split="train", sentiment=UNKNOWN, sentiment_weight=1.0, touchpoints=None, intents=None, emotions=None, expectation=None, target=""):
    return {
        "source": source, "split": split, "text": normalise(text), "target": target,
        "sentiment": sentiment, "sentiment_weight": sentiment_weight,
        "touchpoints": touchpoints or vector(TOUCHPOINTS),
        "intents": intents or vector(INTENTS),
        "emotions": emotions or vector(EMOTIONS),
        "expectation": expectation or vector(EXPECTATION),
    }


def percent(text):
    """A number from 0 to 99 that depends on the text alone: splits stay when a source grows."""
    return int.from_bytes(hashlib.sha256(normalise(text).encode()).digest()[:4], "big") % 100


def key(text):
    """What two copies of one post have in common."""
    text = re.sub(r"@user|http", " ", normalise(text).lower())
    return re.sub(r"[^a-z0-9]", "", text)


def read_csv(path):
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        return list(csv.DictReader(file))


def own():
    second = {row["id"]: row["second"] for row in corpus("readings")}
    for row in corpus("train"):
        place = percent(row["text"])
        split = "dev" if place < settings.DEV_PERCENT_OWN else "train"
        unmarked = split == "train" and not row["others"] and place < settings.DEV_PERCENT_OWN + settings.UNMARKED_PERCENT
        yield own_example(row, second.get(row["id"]), split, marked=not unmarked)


def corpus(part):
    """The rows of corpus/<part>.jsonl."""
    with open(settings.CORPUS / f"{part}.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def own_example(row, second, split, marked=True):
    """A row of the corpus, read towards its target. What two readers can both defend teaches nothing."""
    disputed = row.get("disputed", [])

    def labels(head, names, listed=lambda value: value):
        yes = set(listed(row[head]))
        open_ = yes ^ set(listed(second[head])) if head in disputed else set()
        return vector(names, yes - open_, set(names) - yes - open_)

    return example(
        "own", towards(row["text"], row["target"] if marked else "", row["others"]), split=split, target=row["target"],
        sentiment=UNKNOWN if "sentiment" in disputed else SENTIMENT.index(row["sentiment"]),
        touchpoints=labels("touchpoints", TOUCHPOINTS), intents=labels("intents", INTENTS), emotions=labels("emotions", EMOTIONS),
        expectation=labels("expectation", EXPECTATION, lambda value: {value} - {"none"}),
    )


def semeval():
    """Tweets in the files' own escapes; a tweet with two different labels is left out."""
    labels = {}
    for path in sorted((TRAIN / "semeval2013-17").glob("*.tsv")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            fields = line.rstrip("\t").split("\t")
            if len(fields) < 3 or fields[1] not in SENTIMENT or fields[2] == "Not Available":
                continue
            text = fields[2]
            if len(text) > 1 and text[0] == text[-1] == '"':
                text = text[1:-1]
            text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m.group(1), 16)), text).replace('\\"', '"').replace('""', '"')
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            labels.setdefault(key(text), []).append((text, fields[1]))
    for copies in labels.values():
        if len({label for _, label in copies}) == 1:
            text, label = copies[0]
            split = "dev" if percent(text) < settings.DEV_PERCENT_SEMEVAL else "train"
            yield example("semeval", text, split=split, sentiment=SENTIMENT.index(label))


def goemotions():
    names = (TRAIN / "goemotions" / "labels.txt").read_text().split()
    for file, split in (("train.tsv", "train"), ("dev.tsv", "dev")):
        for line in (TRAIN / "goemotions" / file).read_text(encoding="utf-8").splitlines():
            text, indices, _ = line.rsplit("\t", 2)
            found = {names[int(i)] for i in indices.split(",")}
            yes = {e for e in EMOTIONS if found & set(mapping.GOEMOTIONS_YES[e])}
            maybe = {e for e in EMOTIONS if found & set(mapping.GOEMOTIONS_MAYBE[e])} - yes
            sentiment = [i for i, label in enumerate(SENTIMENT) if found <= mapping.GOEMOTIONS_SENTIMENT[label]]
            yield example(
                "goemotions", text.replace("[NAME]", "Alex"), split=split,
                sentiment=sentiment[0] if sentiment else UNKNOWN,
                sentiment_weight=mapping.GOEMOTIONS_SENTIMENT_WEIGHT,
                emotions=vector(EMOTIONS, yes, set(EMOTIONS) - yes - maybe),
            )


def touchpoints_of(entry):
    yes, maybe = entry
    return vector(TOUCHPOINTS, yes, set(TOUCHPOINTS) - set(yes) - set(maybe))


def is_question(text):
    """A question mark settles it; without one a support utterance may still ask."""
    return "?" in text


def banking77():
    table = mapping.by_class(mapping.BANKING77)
    for file, split in (("train.csv", "train"), ("test.csv", "dev")):
        for row in read_csv(TRAIN / "banking77" / file):
            text, name = row["text"], row["category"]
            yes, no = set(), {"praise", "recommendation", "suggestion"}
            if is_question(text):
                yes.add("question")
            if name not in mapping.BANKING77_TROUBLE:
                no.add("complaint")
            elif not is_question(text) and not text.lower().startswith(("how", "what", "can ", "i want", "i would like", "i need", "please", "where", "do ")):
                yes.add("complaint")
            yield example(
                "banking77", text, split=split,
                touchpoints=touchpoints_of(table[name]) if name in table else None,
                intents=vector(INTENTS, yes, no),
            )


def clinc150():
    table = mapping.by_class(mapping.CLINC150)
    data = json.loads((TRAIN / "clinc150" / "data_full.json").read_text())
    for part, split in (("train", "train"), ("val", "dev")):
        for text, name in data[part]:
            if name in table:
                touchpoints = touchpoints_of(table[name])
            elif name in mapping.CLINC150_NONE:
                touchpoints = vector(TOUCHPOINTS, rest=0)
            else:
                continue
            no = {"complaint", "praise", "recommendation", "suggestion", "churn"}
            if name in ("lost_luggage", "report_fraud", "card_declined", "account_blocked", "damaged_card"):
                no.remove("complaint")
            yield example("clinc150", text, split=split, touchpoints=touchpoints, intents=vector(INTENTS, (), no))


def bitext():
    table = mapping.by_class(mapping.BITEXT)
    for row in read_csv(TRAIN / "bitext-intents" / "Bitext_Sample_Customer_Service_Training_Dataset.csv"):
        text, name = row["utterance"], row["intent"]
        if name not in table:
            continue
        no = {"praise", "recommendation", "suggestion"}
        if name not in ("payment_issue", "registration_problems", "delete_account", "get_refund", "track_refund"):
            no.add("complaint")
        yield example(
            "bitext", text, touchpoints=touchpoints_of(table[name]),
            intents=vector(INTENTS, {"question"} if is_question(text) else (), no),
        )


def mams():
    for file, split in (("train.xml", "train"), ("val.xml", "dev")):
        for sentence in xml.parse(TRAIN / "mams" / "MAMS-ACSA" / file).getroot():
            aspects = [(a.get("category"), a.get("polarity")) for a in sentence.iter("aspectCategory")]
            yes = {mapping.MAMS_TOUCHPOINTS[a] for a, _ in aspects if a in mapping.MAMS_TOUCHPOINTS}
            polarity = {p for _, p in aspects}
            sentiment, intents = UNKNOWN, vector(INTENTS)
            if "positive" in polarity and "negative" not in polarity:
                sentiment, intents = 2, vector(INTENTS, ["praise"], ["complaint"])
            elif "negative" in polarity and "positive" not in polarity:
                sentiment, intents = 0, vector(INTENTS, ["complaint"], ["praise"])
            yield example(
                "mams", sentence.findtext("text"), split=split,
                sentiment=sentiment, sentiment_weight=mapping.MAMS_SENTIMENT_WEIGHT,
                touchpoints=vector(TOUCHPOINTS, yes, mapping.MAMS_LABELS - yes), intents=intents,
            )


def cfpb():
    """Long narratives: the first sentences say what happened, and more would be cut anyway."""
    folder = TRAIN / "cfpb"
    rows = [(r["Consumer complaint narrative"], r["Issue"]) for r in read_csv(folder / "payday_personal_loan_2827.csv")]
    rows += [(r["text"], "") for r in json.loads((folder / "multi_product_220.json").read_text())]
    for text, issue in rows:
        text = re.sub(r"\{\$([0-9.,]+)\}", r"$\1", re.sub(r"X{2,}(?:[/ ]+X{2,})*", "", text or ""))
        words = text.split()[:55]
        if len(words) < 8:
            continue
        yield example(
            "cfpb", " ".join(words), sentiment=0, sentiment_weight=0.4,
            touchpoints=vector(TOUCHPOINTS, mapping.CFPB_ISSUE.get(issue, ()), mapping.CFPB_NO),
            intents=vector(INTENTS, ["complaint"], ["praise", "recommendation"]),
        )


def evaluation_texts():
    """Only to keep them out of training."""
    folder = EVALUATE / "tweeteval" / "sentiment"
    for name in ("test_text.txt", "val_text.txt"):
        yield from (folder / name).read_text(encoding="utf-8").split("\n")
    yield from (row["text"] for row in read_csv(EVALUATE / "airline" / "Tweets.csv"))
    yield from (row["text"] for row in read_csv(EVALUATE / "fabsa" / "fabsa.csv"))
    for path in list(EVALUATE.glob("complaints-social-media/*.csv")) + list(EVALUATE.glob("semeval2019-suggestion/*.csv")):
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            yield from (row[1] for row in csv.reader(file) if len(row) > 1)


def main():
    settings.WORK.mkdir(exist_ok=True)
    kept_out = {key(text) for text in evaluation_texts()}
    seen, removed, counts = set(), collections.Counter(), collections.Counter()
    positives = {head: collections.Counter() for head in SIGMOID_HEADS}
    rows = []
    for source in (own, semeval, goemotions, banking77, clinc150, bitext, mams, cfpb):
        for row in source():
            mark = key(row["text"])
            if mark in kept_out or len(mark) < 2 and row["source"] != "own":
                removed[row["source"]] += 1
            elif (mark, row["target"]) not in seen:
                seen.add((mark, row["target"]))
                rows.append(row)
                counts[row["source"], row["split"]] += 1
                if row["source"] == "own":
                    for head in SIGMOID_HEADS:
                        positives[head].update(n for n, v in zip(HEADS[head], row[head]) if v == 1)
    with open(settings.WORK / "examples.jsonl", "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    summary = {f"{s}/{p}": n for (s, p), n in sorted(counts.items())}
    (settings.WORK / "counts.json").write_text(json.dumps({"examples": summary, "removed_as_evaluation_text": removed, "own": positives}, indent=1))
    print("prepare:", json.dumps(summary))
    print("prepare: left out because an evaluation set has the text:", dict(removed))
    print("prepare: our own set has", {head: dict(c) for head, c in positives.items()})


if __name__ == "__main__":
    main()
