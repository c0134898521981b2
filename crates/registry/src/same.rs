//! Whether two texts are the same schema.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hark_proto::schemas::Schema;

/// Whether what somebody sends is this schema. Clients send back what they were given in a form of
/// their own: without comments, laid out anew, or as a descriptor in base64.
pub(crate) fn same(schema: &Schema, sent: &str) -> bool {
    if sent == schema.text {
        return true;
    }
    if let Ok(descriptor) = STANDARD.decode(sent) {
        return descriptor == schema.descriptor();
    }
    match (parse(schema, schema.text), parse(schema, sent)) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => false,
    }
}

/// What a text says, without its comments and places.
fn parse(schema: &Schema, text: &str) -> Option<impl PartialEq> {
    let mut parsed = protox_parse::parse(schema.file, text).ok()?;
    parsed.source_code_info = None;
    Some(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hark_proto::schemas;

    #[test]
    fn comments_and_layout_make_no_other_schema() {
        for schema in schemas::ALL {
            let bare: Vec<_> = schema
                .text
                .lines()
                .map(|line| line.split("//").next().unwrap_or_default().trim())
                .collect();
            assert!(same(&schema, &bare.join(" ")), "{}", schema.file);
            assert!(same(&schema, &STANDARD.encode(schema.descriptor())));
        }
    }

    #[test]
    fn another_field_another_file_or_no_schema_at_all_is_not_the_same() {
        let [_, item, mention, ..] = schemas::ALL;
        assert!(!same(&item, mention.text));
        assert!(!same(&item, &item.text.replace("= 16;", "= 61;")));
        assert!(!same(&item, "a schema"));
        assert!(!same(&item, ""));
    }
}
