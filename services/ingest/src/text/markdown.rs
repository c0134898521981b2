//! From the Markdown that forums use to the text a reader would see.
//!
//! Only what stands between a reader, or a brand query, and the words is taken away: links and
//! pictures leave their text, emphasis, headings, quotes and code fences leave theirs. A full
//! parser would guess no better at what people type.

/// The text without its markup.
pub(super) fn to_text(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    for line in markdown.lines() {
        let line = without_block_marks(line);
        if !line.starts_with("```") && !line.starts_with("~~~") {
            inline(line, &mut text);
        }
        text.push('\n');
    }
    text
}

fn without_block_marks(line: &str) -> &str {
    let line = line.trim_start();
    let quoted = line.trim_start_matches(['>', ' ']);
    // `>!spoiler!<` is a spoiler, not a quote.
    let line = if line.starts_with(">!") { line } else { quoted };
    let heading = line.trim_start_matches('#');
    let marks = line.len() - heading.len();
    // A hashtag has no space behind its sign.
    if (1..=6).contains(&marks) && heading.starts_with(' ') {
        heading.trim_start()
    } else {
        line
    }
}

fn inline(line: &str, text: &mut String) {
    let mut rest = line;
    while let Some(at) = rest.find(['*', '_', '~', '`', '[', '!', '\\', '>']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let before = text.chars().next_back().filter(|c| *c != '\n');
        let (written, length) = mark(rest, before);
        text.push_str(written);
        rest = &rest[length..];
    }
    text.push_str(rest);
}

/// What a mark at the start of `rest` leaves, and how many bytes it takes.
fn mark(rest: &str, before: Option<char>) -> (&str, usize) {
    if let Some(escaped) = rest.strip_prefix('\\') {
        let is_mark = escaped.starts_with(|c: char| c.is_ascii_punctuation());
        return if is_mark {
            (&rest[1..2], 2)
        } else {
            (&rest[..1], 1)
        };
    }
    for sign in ["**", "__", "~~", ">!", "!<", "`"] {
        if rest.starts_with(sign) {
            return ("", sign.len());
        }
    }
    if (rest.starts_with('[') || rest.starts_with("!["))
        && let Some((label, length)) = link(rest)
    {
        return (label, length);
    }
    let first = rest.chars().next().map_or(0, char::len_utf8);
    if rest.starts_with(['*', '_']) {
        // Emphasis touches a word on one side only; `snake_case` and `2 * 3` are no emphasis.
        let joins =
            |c: Option<char>| c.is_some_and(|c| !c.is_whitespace() && !c.is_ascii_punctuation());
        let after = rest[first..].chars().next();
        if joins(before) != joins(after) {
            return ("", first);
        }
    }
    (&rest[..first], first)
}

/// `[label](address)` or `![label](address)`: the label and the length of it all.
fn link(rest: &str) -> Option<(&str, usize)> {
    let label_start = rest.find('[')? + 1;
    let label_end = label_start + rest[label_start..].find(']')?;
    let address = rest[label_end + 1..].strip_prefix('(')?;
    let length = label_end + 2 + address.find(')')? + 1;
    Some((&rest[label_start..label_end], length))
}

#[cfg(test)]
mod tests {
    use super::to_text;

    #[test]
    fn words_stay_and_marks_go() {
        let cases = [
            (
                "I **love** _my_ *new* [Nike shoes](https://x.example/a)",
                "I love my new Nike shoes",
            ),
            ("# Heading\n> quoted #hashtag", "Heading\nquoted #hashtag"),
            ("snake_case and 2 * 3 = 6", "snake_case and 2 * 3 = 6"),
            (r"\*not emphasis\*", "*not emphasis*"),
            (">!secret!< ~~old~~ `code`", "secret old code"),
            ("```\nlet x;\n```", "\nlet x;\n"),
            ("[unclosed](", "[unclosed]("),
        ];
        for (markdown, wanted) in cases {
            assert_eq!(
                to_text(markdown).strip_suffix('\n'),
                Some(wanted),
                "{markdown}"
            );
        }
    }
}
