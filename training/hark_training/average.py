"""Averages own phases, weight by weight, by the shares in settings.AVERAGE; writes work/model.safetensors.

They start from the same first phase, so a point between them may keep more of the sentiment of one
and more of the touchpoints and intents of the other. Choose shares on held-out text, never on an
evaluation set.
"""

import os

from safetensors.torch import load_file, save_file

from . import settings


def average(states, shares):
    return {name: sum(share * state[name] for share, state in zip(shares, states)).contiguous() for name in states[0]}


def main():
    names, shares = zip(*settings.AVERAGE.items())
    if abs(sum(shares) - 1) > 1e-9:
        raise SystemExit("average: the shares in settings.AVERAGE must add up to 1")
    states = [load_file(settings.WORK / f"model-{name}.safetensors") for name in names]
    part = settings.WORK / "model.safetensors.part"
    save_file(average(states, shares), part)
    os.replace(part, settings.WORK / "model.safetensors")
    print("average:", ", ".join(f"{share} of {name}" for name, share in settings.AVERAGE.items()))


if __name__ == "__main__":
    main()
