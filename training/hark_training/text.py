"""The text normalisation of production. Rust mirrors it exactly; a change here is a change of model.

In this order:

1. HTML entities are unescaped, once, left to right, and only these, with their semicolon:
   `&amp; &lt; &gt; &quot; &apos; &nbsp;`, decimal `&#39;` and hexadecimal `&#x27;`.
   A number that is no Unicode scalar value stays as it was written, and so do U+E000 and U+E001,
   the marks of target and others (`target.py`).
2. Unicode NFC.
3. Links become `http`: `http://`, `https://` or `www.` in any case, not after a letter, digit or
   underscore (ASCII), up to the next white space.
4. Handles become `@user`: `@` and ASCII letters, digits and underscores, not after one of those
   (so an e-mail address stays), with the server of a federated handle (`@name@host.tld`) if any.
5. Runs of white space (Unicode White_Space) become one space; both ends are trimmed.

Case is left alone: the tokenizer lowercases and strips accents.
"""

import re
import unicodedata

MAX_TOKENS = 80  # with [CLS] and [SEP]; of what is longer the middle is left out

_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": "\u00a0"}
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos|nbsp)|#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6}));")
_LINK = re.compile(r"(^|[^A-Za-z0-9_])(?:[hH][tT][tT][pP][sS]?://|[wW][wW][wW]\.)[^\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_HANDLE = re.compile(r"(^|[^A-Za-z0-9_])@[A-Za-z0-9_]+(?:@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)?")
_SPACE = re.compile(r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


def normalise(text):
    """The text as the tokenizer shall see it."""
    text = _ENTITY.sub(_unescape, text)
    text = unicodedata.normalize("NFC", text)
    text = _LINK.sub(r"\1http", text)
    text = _HANDLE.sub(r"\1@user", text)
    return _SPACE.sub(" ", text).strip(" ")


def _unescape(match):
    name, decimal, hexadecimal = match.groups()
    if name:
        return _NAMED[name]
    number = int(decimal) if decimal else int(hexadecimal, 16)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF or number in (0xE000, 0xE001):
        return match.group(0)
    return chr(number)
