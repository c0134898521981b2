//! A glance at the tags of a document, without building a tree of it.

/// How deep elements are nested, at most; ends that HTML lets authors leave out are not guessed.
pub(super) fn depth(html: &str) -> usize {
    const WITHOUT_END: [&str; 6] = ["br", "img", "input", "link", "meta", "wbr"];
    let (mut depth, mut deepest) = (0_usize, 0);
    for tag in tags(html) {
        if tag.closes {
            depth = depth.saturating_sub(1);
        } else if !WITHOUT_END.iter().any(|name| tag.is(name)) {
            depth += 1;
            deepest = deepest.max(depth);
        }
    }
    deepest
}

/// The text with every block's end as a line break and no other elements, for documents that
/// cannot be rendered with their layout.
pub(super) fn flatten(html: &str) -> String {
    const INLINE: [&str; 15] = [
        "a", "abbr", "b", "code", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub",
        "sup", "u",
    ];
    let mut flat = String::with_capacity(html.len());
    let mut from = 0;
    let mut hidden: Option<&str> = None;
    for tag in tags(html) {
        if hidden.is_none() {
            flat.push_str(&html[from..tag.start]);
        }
        from = tag.end;
        match hidden {
            Some(name) if tag.closes && tag.is(name) => hidden = None,
            Some(_) => {}
            None if !tag.closes && (tag.is("script") || tag.is("style")) => hidden = Some(tag.name),
            None if INLINE.iter().any(|name| tag.is(name)) => {}
            None if tag.is("td") || tag.is("th") => flat.push(' '),
            None => flat.push_str("<br>"),
        }
    }
    if hidden.is_none() {
        flat.push_str(&html[from..]);
    }
    flat
}

pub(super) struct Tag<'a> {
    name: &'a str,
    closes: bool,
    /// From its `<` to behind its `>`, in bytes.
    start: usize,
    end: usize,
}

impl Tag<'_> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// The tags, in order; a `<` that begins none is text.
pub(super) fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + html.get(from..)?.find('<')?;
            let inside = &html[start + 1..];
            let (closes, inside) = match inside.strip_prefix('/') {
                Some(rest) => (true, rest),
                None => (false, inside),
            };
            let length = inside
                .find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(inside.len());
            from = start + 1;
            if length == 0 {
                continue;
            }
            let end = html[start..]
                .find('>')
                .map_or(html.len(), |at| start + at + 1);
            from = end;
            return Some(Tag {
                name: &inside[..length],
                closes,
                start,
                end,
            });
        }
    })
}
