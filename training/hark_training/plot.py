"""Draws curves.svg (loss, and scores on held-out texts while training) and reliability.svg (how often
the shipped model is right when it gives a probability) into training/."""

import json

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "hark"  # the same picture is the same file
from matplotlib import pyplot  # noqa: E402

from . import settings
from .labels import HEADS


def learning_curves():
    points = json.loads((settings.WORK / "curves.json").read_text())
    phases = list(dict.fromkeys(point["phase"] for point in points))
    figure, axes = pyplot.subplots(1, len(phases) + 1, figsize=(5 * len(phases) + 5, 4))
    for axis, phase in zip(axes, phases):
        own = [point for point in points if point["phase"] == phase]
        axis.plot([p["batch"] for p in own], [p["loss"] for p in own], color="#444")
        axis.set(title=f"phase {phase}", xlabel="batch", ylabel="loss, running mean", ylim=(0, None))
    last = [point for point in points if point["phase"] == phases[-1] and "sentiment" in point]
    for head in HEADS:
        axes[-1].plot([p["batch"] for p in last], [100 * p[head] for p in last], marker=".", label=head)
    axes[-1].set(title=f"held-out texts, phase {phases[-1]}", xlabel="batch", ylabel="accuracy of sentiment, micro-F1 of the others, %")
    axes[-1].legend()
    save(figure, "curves.svg")


def reliability():
    curves = json.loads((settings.WORK / "reliability.json").read_text())
    figure, axis = pyplot.subplots(figsize=(5, 5))
    axis.plot([0, 1], [0, 1], color="#bbb", linestyle="--")
    for head in HEADS:
        axis.plot([p for p, _, _ in curves[head]], [r for _, r, _ in curves[head]], marker=".", label=head)
    axis.set(title="held-out texts", xlabel="probability given", ylabel="share that was right", xlim=(0, 1), ylim=(0, 1))
    axis.legend()
    save(figure, "reliability.svg")


def save(figure, name):
    figure.tight_layout()
    figure.savefig(settings.TRAINING / name, metadata={"Date": None})
    print(f"plot: {name}")


if __name__ == "__main__":
    learning_curves()
    reliability()
