//! From HTML to the text a reader would see.

mod decorator;
mod tags;

use decorator::TextOnly;
use html2text::config;
use tags::{depth, flatten, tags};

/// The longest HTML that is read, in bytes; what follows is dropped, and the caller told.
const MAX_HTML: usize = 1 << 20;
/// Deeper documents are flattened first: the renderer's time and stack grow with the depth.
const MAX_DEPTH: usize = 64;
/// Columns. Lines are not to be wrapped, and a rule is not to be drawn across a book.
const WIDTH: usize = 1 << 20;

/// The text, and whether all of `html` was read. Links and emphasis leave their text only;
/// pictures, scripts and styles leave nothing.
pub(super) fn to_text(html: &str) -> (String, bool) {
    let read = &html[..html.floor_char_boundary(MAX_HTML)];
    let complete = read.len() == html.len();
    if !read.contains(['<', '&']) {
        return (read.to_owned(), complete);
    }
    let renderable = !has_layout(read) && depth(read) <= MAX_DEPTH;
    let rendered = if renderable { render(read) } else { None };
    // Flat HTML holds nothing that rendering could fail at; if it does, say nothing rather than
    // show markup.
    let text = rendered
        .or_else(|| render(&flatten(read)))
        .unwrap_or_default();
    (text, complete)
}

fn render(html: &str) -> Option<String> {
    config::with_decorator(TextOnly)
        .allow_width_overflow()
        .no_link_wrapping()
        .string_from_read(html.as_bytes(), WIDTH)
        .ok()
}

/// Tables and rules are drawn as wide as the page, which has no end here.
fn has_layout(html: &str) -> bool {
    tags(html).any(|tag| tag.is("table") || tag.is("hr"))
}

#[cfg(test)]
mod tests {
    use super::to_text;

    fn text(html: &str) -> String {
        to_text(html).0.trim().to_owned()
    }

    #[test]
    fn links_leave_their_text_and_entities_are_read() {
        let html =
            "<p>I <b>love</b> <a href=\"https://x.example/1\">Nike &amp; Co</a> &#128516;</p>";
        assert_eq!(text(html), "I love Nike & Co 😄");
    }

    #[test]
    fn scripts_styles_and_pictures_leave_nothing() {
        let html = "<style>p{}</style><p>a<script>alert(1)</script>b<img src=x alt=\"\"></p>";
        assert_eq!(text(html), "ab");
    }

    #[test]
    fn paragraphs_and_breaks_are_lines_and_long_lines_are_not_wrapped() {
        assert_eq!(text("<p>a</p><p>b<br>c</p>"), "a\n\nb\nc");
        let long = "word ".repeat(500);
        assert_eq!(text(&format!("<p>{long}</p>")), long.trim());
    }

    #[test]
    fn tables_and_rules_cost_no_more_than_their_text() {
        let cells = text("<table><tr><td>a</td><td>b</td></tr></table><hr>c");
        assert_eq!(
            cells.split_whitespace().collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
    }

    #[test]
    fn nesting_a_hundred_thousand_deep_is_survived() {
        let deep = format!(
            "{}x{}",
            "<div><i>".repeat(50_000),
            "</i></div>".repeat(50_000)
        );
        assert_eq!(text(&deep), "x");
        assert_eq!(text(&format!("{}x", "<table><tr><td>".repeat(20_000))), "x");
    }

    #[test]
    fn broken_markup_is_read_as_far_as_it_goes() {
        assert_eq!(text("a < b <"), "a < b <");
        assert_eq!(text("<p>a<"), "a<");
        assert_eq!(text("1 <3 you"), "1 <3 you");
    }

    #[test]
    fn ten_megabytes_are_cut() {
        let (_, complete) = to_text(&"<p>x</p>".repeat(1_300_000));
        assert!(!complete);
    }
}
