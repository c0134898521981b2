"""Where a text names its target and other brands, and the marks that tell the model so. Rust mirrors it.

A mark stands before the word in which a name begins: U+E000 before the target, U+E001 before
another brand. Names are found in any case, with up to two characters that are no letter or digit
between their words ("Skarvik Air" in "@SkarvikAir"), from a word's beginning to its end; in a
handle or hashtag more may follow ("@SkarvikAirHelp"), elsewhere an "s" may.
"""

import re

TARGET, OTHER = "\ue000", "\ue001"
# Each mark's token id (unused ones of the vocabulary), and the ids of words like it: "this brand",
# "another other brand".
MARKS = {TARGET: (1, (2023, 4435)), OTHER: (2, (2178, 2060, 4435))}


def spans(text, name):
    """Where the text names `name`, as (start, end)."""
    words = re.findall(r"\w+", name)
    if not words:
        return []
    pattern = re.compile(r"[\W_]{0,2}".join(map(re.escape, words)), re.IGNORECASE)
    return [found.span() for found in pattern.finditer(text) if _whole(text, *found.span())]


def _whole(text, start, end):
    if start and text[start - 1].isalnum():
        return False
    rest = re.match(r"\w*", text[end:]).group()
    return rest.lower() in ("", "s") or text[_word(text, start)] in "@#" or text[start - 1 : start] in ("@", "#")


def _word(text, at):
    """Where the white-space-delimited word round `at` begins."""
    while at and not text[at - 1].isspace():
        at -= 1
    return at


def mark(text, target, others):
    """The text with its marks, given the spans of the target and of the other brands."""
    text = text.replace(TARGET, " ").replace(OTHER, " ")
    places = sorted({(_word(text, start), sign) for sign, named in ((TARGET, target), (OTHER, others)) for start, _ in named})
    for at, sign in reversed(places):
        text = text[:at] + sign + text[at:]
    return text


def towards(text, target, others=()):
    """The text as it is read towards one brand, brands given by name."""
    named = spans(text, target) if target else []
    rest = [span for other in others for span in spans(text, other) if not any(span[0] < end and start < span[1] for start, end in named)]
    return mark(text, named, rest)
