import unittest

from hark_training.text import normalise

# Rust's tests hold the same pairs.
PAIRS = [
    ("  two\t spaces\n", "two spaces"),
    ("fish &amp; chips &lt;3 it&#39;s &#x1F600;", "fish & chips <3 it's \U0001f600"),
    ("&amp;amp; once only, &copy; stays, &amp no semicolon", "&amp; once only, &copy; stays, &amp no semicolon"),
    ("&#xD800; &#1114112; are no characters", "&#xD800; &#1114112; are no characters"),
    ("cafe\u0301", "caf\u00e9"),
    ("see https://a.example/x?y=1, WWW.b.example now", "see http http now"),
    ("(www.a.example) awww.cute", "(http awww.cute"),
    ("@One @two_2: hi", "@user @user: hi"),
    (".@brand you", ".@user you"),
    ("mail me@home.example", "mail me@home.example"),
    ("@ann@social.example. Thanks", "@user. Thanks"),
    ("\u00a0nbsp\u2003em\u3000", "nbsp em"),
    ("", ""),
]


class Normalise(unittest.TestCase):
    def test_each_pair(self):
        for text, expected in PAIRS:
            with self.subTest(text=text):
                self.assertEqual(normalise(text), expected)

    def test_a_second_pass_changes_nothing(self):
        for _, expected in PAIRS:
            if "&" not in expected:
                with self.subTest(text=expected):
                    self.assertEqual(normalise(expected), expected)
