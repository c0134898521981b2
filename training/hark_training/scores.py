"""Metrics, temperatures and thresholds. Plain numpy; arrays are [texts, labels] unless said."""

import numpy


def sigmoid(x):
    return 1.0 / (1.0 + numpy.exp(-numpy.clip(x, -60, 60)))


def softmax(x):
    e = numpy.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def f1(truth, said):
    """F1 of one yes/no question; 0 when nothing was right."""
    right = (truth & said).sum()
    return float(2 * right / max(1, truth.sum() + said.sum()))


def reliability(probability, right, bins=10):
    """For each tenth of the probabilities that occurs: their mean, the share that was right, how many."""
    place = numpy.minimum((probability * bins).astype(int), bins - 1)
    return [
        [float(probability[place == b].mean()), float(right[place == b].mean()), int((place == b).sum())]
        for b in range(bins) if (place == b).any()
    ]


TEMPERATURES = numpy.geomspace(0.3, 4.0, 200)


def softmax_temperature(logits, truth, weight):
    """The divisor of the logits with the least negative log-likelihood."""
    rows = numpy.arange(len(truth))
    costs = [-(weight * numpy.log(softmax(logits / t)[rows, truth] + 1e-9)).sum() for t in TEMPERATURES]
    return float(TEMPERATURES[int(numpy.argmin(costs))])


def sigmoid_temperature(logits, truth, weight):
    """The same for yes/no answers; weight 0 marks what is unknown."""
    def cost(t):
        p = numpy.clip(sigmoid(logits / t), 1e-7, 1 - 1e-7)
        return -(weight * numpy.where(truth, numpy.log(p), numpy.log(1 - p))).sum()

    return float(min(TEMPERATURES, key=cost))


GRID = numpy.arange(0.10, 0.91, 0.02)


def thresholds(probability, labels, shrink=15):
    """One threshold a label: where its F1 is best, drawn towards the threshold that is best for all
    labels together by as much as the label is rare. `labels` holds 1, 0 and -1 (unknown)."""
    known = labels >= 0
    truth = labels == 1
    common = max(GRID, key=lambda t: f1(truth[known], (probability >= t)[known]))
    found = []
    for column in range(labels.shape[1]):
        seen, positives = known[:, column], int(truth[:, column].sum())
        if positives == 0:
            found.append(float(common))
            continue
        scores = [f1(truth[seen, column], probability[seen, column] >= t) for t in GRID]
        best = GRID[numpy.array(scores) >= max(scores) - 0.005].mean()  # the middle of the plateau
        share = positives / (positives + shrink)
        found.append(float(share * best + (1 - share) * common))
    return found


def multi_label(labels, said):
    """Micro and macro F1 over what is known; macro over labels that occur."""
    known, truth = labels >= 0, labels == 1
    each = [f1(truth[known[:, c], c], said[known[:, c], c]) for c in range(labels.shape[1])]
    occurring = [score for c, score in enumerate(each) if truth[:, c].any()]
    return {"micro_f1": f1(truth[known], said[known]), "macro_f1": float(numpy.mean(occurring)) if occurring else 0.0, "each": each}
