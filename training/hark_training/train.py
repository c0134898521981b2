"""Trains the encoder and all heads together.

Writes work/model-<phase>.safetensors after each phase, the last of them as work/model.safetensors too,
and work/curves.json: the loss of every fiftieth batch, and scores on held-out texts now and then."""

import collections
import copy
import json
import os
import random
import time

import numpy
import torch
from safetensors.torch import load_file, save_file

from . import scores, settings
from .labels import SIGMOID_HEADS, UNKNOWN
from .model import untrained
from .tokens import batches_by_length, encode, pad


def read_examples(split):
    with open(settings.WORK / "examples.jsonl", encoding="utf-8") as file:
        return [row for row in map(json.loads, file) if row["split"] == split]


def draws(rows):
    """For each phase the indices it passes, source by source, from that source's own shuffle: what a
    phase draws from one source does not depend on how much another holds."""
    pools = collections.defaultdict(list)
    for index, row in enumerate(rows):
        pools[row["source"]].append(index)
    taken = {None: collections.Counter()}
    for source, pool in pools.items():
        random.Random(f"{settings.SEED} {source}").shuffle(pool)
    for name, phase in settings.PHASES.items():
        chosen, begun = [], taken[phase["after"]]
        taken[name] = begun.copy()
        for source, pool in sorted(pools.items()):
            passes = phase["passes"].get(source, 0.0)
            size = phase["examples"].get(source, int(passes * len(pool)))
            chosen += [pool[(begun[source] + i) % len(pool)] for i in range(size)]
            taken[name][source] += size
        yield name, chosen


def sentiment_class_weights(rows):
    """Per source: every class counts alike in all, which is what macro-recall asks; mean 1."""
    weights = {}
    for source in {row["source"] for row in rows}:
        counts = numpy.bincount([r["sentiment"] for r in rows if r["source"] == source and r["sentiment"] != UNKNOWN], minlength=3)
        if (counts > 0).sum() < 2:
            weights[source] = numpy.ones(3)
            continue
        raw = numpy.where(counts > 0, (counts.sum() / numpy.maximum(counts, 1)), 0.0)
        weights[source] = raw * counts.sum() / (raw * counts).sum()
    return weights


def positive_weights(rows, head):
    """Per source: a rare label's examples count more, at most five times."""
    weights = {}
    for source in {row["source"] for row in rows}:
        labels = numpy.array([r[head] for r in rows if r["source"] == source])
        yes, no = (labels == 1).sum(0), (labels == 0).sum(0)
        weights[source] = numpy.clip(numpy.sqrt(no / numpy.maximum(yes, 1)), 1.0, 5.0)
    return weights


class Targets:
    """Labels, masks and weights of all examples as tensors, ready to be indexed by batch."""

    def __init__(self, rows):
        weights = sentiment_class_weights(rows)
        self.sentiment = torch.tensor([max(r["sentiment"], 0) for r in rows])
        self.sentiment_weight = torch.tensor([
            0.0 if r["sentiment"] == UNKNOWN
            else r["sentiment_weight"] * settings.SOURCE_WEIGHT[r["source"]] * weights[r["source"]][r["sentiment"]]
            for r in rows
        ], dtype=torch.float32)
        # What the phase before answered, as probabilities, and how much of the loss asks for that.
        self.kept, self.kept_share = torch.zeros(len(rows), 3), torch.zeros(len(rows))
        self.labels, self.weights = {}, {}
        source = torch.tensor([settings.SOURCE_WEIGHT[r["source"]] for r in rows], dtype=torch.float32)
        for head in SIGMOID_HEADS:
            labels = torch.tensor([r[head] for r in rows], dtype=torch.float32)
            positive = positive_weights(rows, head)
            positive = torch.tensor(numpy.array([positive[r["source"]] for r in rows]), dtype=torch.float32)
            weight = torch.where(labels == 1, positive, torch.ones_like(labels))
            self.labels[head] = labels.clamp(min=0)
            self.weights[head] = weight * (labels != UNKNOWN) * source[:, None]

    @torch.no_grad()
    def keep(self, shares, model, rows, ids, chosen):
        """Has the model answer the chosen rows of the sources that `shares` names."""
        wanted = sorted({i for i in chosen if rows[i]["source"] in shares})
        model.eval()
        for batch in batches_by_length(ids, 4096, wanted):
            self.kept[batch] = model(*map(torch.from_numpy, pad([ids[i] for i in batch])))[0].softmax(1)
            self.kept_share[batch] = torch.tensor([shares[rows[i]["source"]] for i in batch])
        model.train()
        print(f"train: {len(wanted)} texts answered by the phase before", flush=True)

    def loss(self, logits, batch):
        """Each head's loss is a sum over what is known, divided by the batch: a source that says
        nothing about a head gives that head no gradient and no false certainty."""
        smooth = settings.LABEL_SMOOTHING
        sentiment = torch.nn.functional.cross_entropy(logits[0], self.sentiment[batch], reduction="none", label_smoothing=smooth)
        share = self.kept_share[batch]
        kept = torch.nn.functional.cross_entropy(logits[0], self.kept[batch], reduction="none")
        sentiment = (1 - share) * sentiment * self.sentiment_weight[batch] + share * kept
        total = settings.HEAD_WEIGHT["sentiment"] * sentiment.mean()
        for head, out in zip(SIGMOID_HEADS, logits[1:]):
            target = self.labels[head][batch] * (1 - smooth) + smooth / 2
            each = torch.nn.functional.binary_cross_entropy_with_logits(out, target, reduction="none")
            # Divided by a constant near the number of labels that matter in one text.
            total = total + settings.HEAD_WEIGHT[head] * (each * self.weights[head][batch]).sum(1).mean() / 4.0
        return total


class Mean:
    """The running mean of a model's weights (Polyak and Juditsky, 1992)."""

    def __init__(self, model):
        self.model, self.steps = copy.deepcopy(model), 0

    @torch.no_grad()
    def take(self, model):
        # The first weights are forgotten at the pace at which there are later ones.
        self.steps += 1
        keep = min(settings.AVERAGE, self.steps / (self.steps + 10))
        for mean, new in zip(self.model.parameters(), model.parameters()):
            mean.lerp_(new, 1 - keep)


class HeldOut:
    """Held-out texts of the corpus, for the learning curves only."""

    def __init__(self):
        self.rows = [row for row in read_examples("dev") if row["source"] == "own"]
        self.ids = encode([row["text"] for row in self.rows], normalised=True)

    @torch.no_grad()
    def score(self, model):
        if not self.rows:
            return {}
        model.eval()
        logits = [None] * len(self.ids)
        for batch in batches_by_length(self.ids, 4096):
            out = model(*map(torch.from_numpy, pad([self.ids[i] for i in batch])))
            for place, index in enumerate(batch):
                logits[index] = [head[place].numpy() for head in out]
        truth = numpy.array([row["sentiment"] for row in self.rows])
        said = numpy.array([row[0] for row in logits]).argmax(1)
        score = {"sentiment": float((truth == said).mean())}
        for place, head in enumerate(SIGMOID_HEADS, 1):
            labels = numpy.array([row[head] for row in self.rows])
            score[head] = scores.multi_label(labels, numpy.array([row[place] for row in logits]) > 0)["micro_f1"]
        return score


def train_phase(name, model, rows, ids, targets, chosen, half):
    """One pass over the chosen examples. Leaves the mean of the weights in the model; returns how
    many examples there were, in how many batches, and the learning curve."""
    generator = random.Random(f"{settings.SEED} {name}")
    steps = batches_by_length(ids, settings.TOKENS_PER_BATCH, chosen)
    generator.shuffle(steps)
    steps = steps[: settings.MAX_STEPS or None]
    heads = [*model.heads.parameters(), *model.looks.parameters()]
    encoder = [p for n, p in model.named_parameters() if p.requires_grad and not n.startswith(("heads.", "looks."))]
    optimizer = torch.optim.AdamW(
        [{"params": encoder, "lr": settings.LEARNING_RATE}, {"params": [p for p in heads if p.requires_grad], "lr": settings.HEAD_LEARNING_RATE}],
        weight_decay=settings.WEIGHT_DECAY, fused=True,
    )
    first, last = settings.PHASES[name]["rate"]
    warm_up = max(1, int(len(steps) * settings.WARM_UP))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / warm_up) * (first + (last - first) * step / len(steps))
    )
    print(f"train: phase {name}: {sum(map(len, steps))} examples in {len(steps)} batches", flush=True)
    started, seen, running, curve = time.monotonic(), 0, None, []
    mean, held_out = Mean(model), HeldOut()
    for number, batch in enumerate(steps, 1):
        input_ids, mask = pad([ids[i] for i in batch])
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
            logits = model(torch.from_numpy(input_ids), torch.from_numpy(mask))
        loss = targets.loss([out.float() for out in logits], torch.tensor(batch))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(heads + encoder, 1.0)
        optimizer.step()
        schedule.step()
        mean.take(model)
        seen += len(batch)
        running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
        if number % 50 == 0 or number == len(steps):
            elapsed = time.monotonic() - started
            left = elapsed / number * (len(steps) - number)
            print(f"train: {number}/{len(steps)} loss {running:.4f} {seen / elapsed:.0f} examples/s, {left / 60:.0f} min left", flush=True)
            point = {"phase": name, "batch": number, "loss": running}
            if number == len(steps) or number % (len(steps) // 1000 * 100 or 100) == 0:
                point |= held_out.score(mean.model)
                print("train: held out", {head: round(100 * value, 1) for head, value in point.items() if head in ("sentiment", *SIGMOID_HEADS)}, flush=True)
            curve.append(point)
    model.load_state_dict(mean.model.state_dict())
    return seen, len(steps), curve


def save(model, path):
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, path)


def remember(name, now, joined):
    """Writes a file into work/. A run of some phases leaves what an earlier one wrote about the others."""
    path = settings.WORK / name
    apart = "RESUME" in os.environ or "PHASE" in os.environ
    path.write_text(json.dumps(joined(json.loads(path.read_text())) if apart and path.exists() else now))


def main():
    torch.manual_seed(settings.SEED)
    # RESUME=public leaves out that phase and starts from what it left in work/; PHASE=own runs one alone.
    resume = os.environ.get("RESUME")
    model = untrained(settings.DROPOUT)
    model.words.requires_grad_(False)
    model.positions.requires_grad_(False)
    model.train()
    rows = read_examples("train")
    ids = encode([row["text"] for row in rows], normalised=True)
    targets = Targets(rows)
    # bf16 pays only where the processor multiplies it; elsewhere it is a hundred times slower.
    half = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    only = os.environ.get("PHASE")
    report, curves = {"precision": "bf16" if half else "fp32", "phases": {}}, []
    past = resume is None
    for name, chosen in draws(rows):
        if past and (only is None or only == name):
            started, after = time.monotonic(), settings.PHASES[name]["after"]
            if after:
                model.load_state_dict(load_file(settings.WORK / f"model-{after}.safetensors"))
            targets.keep(settings.PHASES[name].get("keep", {}), model, rows, ids, chosen)
            seen, batches, curve = train_phase(name, model, rows, ids, targets, chosen, half)
            curves += curve
            for file in (f"model-{name}.safetensors", "model.safetensors"):
                save(model, settings.WORK / file)
            report["phases"][name] = {"examples": seen, "batches": batches, "minutes": round((time.monotonic() - started) / 60, 1)}
        past = past or name == resume
    remember("train.json", report, lambda earlier: {"precision": report["precision"], "phases": earlier["phases"] | report["phases"]})
    remember("curves.json", curves, lambda earlier: [p for p in earlier if p["phase"] not in report["phases"]] + curves)


if __name__ == "__main__":
    main()
