//! What a query looks at.

use std::borrow::Cow;

/// The parts of an item that queries can ask about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Document<'a> {
    /// The item's text, as [`crate::text::prepare`] returns it.
    pub text: &'a str,
    /// The author's handle, with or without `@`.
    pub author_handle: Option<&'a str>,
    /// The author's display name.
    pub author_name: Option<&'a str>,
    /// Where the item was published: a URL or a bare host.
    pub url: Option<&'a str>,
    /// Its language: ISO 639-3, ISO 639-1, or a tag that begins with one (`pt-BR`).
    pub language: Option<&'a str>,
}

impl<'a> Document<'a> {
    /// A document of which only the text is known.
    pub fn of_text(text: &'a str) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

/// The host of a URL or of a bare host, in lower-case ASCII.
pub(super) fn host(url: &str) -> Option<Cow<'_, str>> {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = behind_scheme
        .find(['/', '?', '#'])
        .unwrap_or(behind_scheme.len());
    let authority = &behind_scheme[..end];
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = host
        .split_once(':')
        .map_or(host, |(host, _)| host)
        .trim_end_matches('.');
    if host.is_empty() {
        return None;
    }
    if !host.is_ascii() {
        return url::Host::parse(host)
            .ok()
            .map(|host| Cow::Owned(host.to_string()));
    }
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some(Cow::Owned(host.to_ascii_lowercase()));
    }
    Some(Cow::Borrowed(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found_in_whatever_a_source_gives() {
        let hosts = [
            ("https://WWW.Nike.com:443/shoes?x=1", Some("www.nike.com")),
            ("nike.com", Some("nike.com")),
            ("https://me:secret@nike.com.#top", Some("nike.com")),
            ("https://münchen.de/", Some("xn--mnchen-3ya.de")),
            ("https://", None),
            ("", None),
        ];
        for (url, wanted) in hosts {
            assert_eq!(host(url).as_deref(), wanted, "{url}");
        }
    }
}
