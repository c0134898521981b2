//! Touchpoints of one's own: told by a query, or learnt from examples.

use crate::config::Config;
use crate::demo_posts;
use crate::exit::{Failure, Outcome};
use hark_aggregate::TouchpointConfig;
use hark_classify::{LEAST_EXAMPLES, LoadedModel, Quality, Rules};
use hark_ingest::query::{Document, Matcher, Query, QuerySet, render_errors};
use hark_ingest::text::{Limits, TextFormat, prepare};
use hark_model::{BrandId, Item, TouchpointId, default_taxonomy};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The touchpoints that the model does not know by itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnTouchpoints {
    queries: Vec<(TouchpointId, Query)>,
    examples: Vec<(TouchpointId, Vec<String>)>,
}

impl OwnTouchpoints {
    /// What `[[touchpoint]]` sections ask for, or every mistake in them. With a model of one's own
    /// a section may also be about a touchpoint that only that model knows.
    pub(crate) fn read(
        sections: &[TouchpointConfig],
        own_model: bool,
    ) -> Result<Self, Vec<String>> {
        let (mut own, mut problems) = (Self::default(), Vec::new());
        for (place, section) in sections.iter().enumerate() {
            let id = TouchpointId::new(&section.id);
            if sections[..place]
                .iter()
                .any(|earlier| earlier.id == section.id)
            {
                problems.push(format!("touchpoint \"{id}\": the id is used twice"));
            }
            let built_in = default_taxonomy().get(&id).is_some();
            if let Err(problem) = own.add(id.clone(), section, built_in, own_model) {
                problems.push(format!("touchpoint \"{id}\": {problem}"));
            }
        }
        if problems.is_empty() {
            Ok(own)
        } else {
            Err(problems)
        }
    }

    fn add(
        &mut self,
        id: TouchpointId,
        section: &TouchpointConfig,
        built_in: bool,
        own_model: bool,
    ) -> Result<(), String> {
        match (&section.query, &section.examples) {
            (None, None) if built_in || own_model => Ok(()),
            (None, None) => Err("nothing tells it; give it a query or examples".to_owned()),
            (Some(_), Some(_)) => {
                Err("it has a query and examples; one of them is enough".to_owned())
            }
            _ if built_in => Err(
                "the model tells this one itself; give the query or the examples another id"
                    .to_owned(),
            ),
            (Some(query), None) => {
                let parsed = Query::parse(query).map_err(|errors| {
                    format!("its query is wrong:\n{}", render_errors(query, &errors))
                })?;
                if query.contains("author:") {
                    return Err(
                        "its query asks for an author, who is not known here: authors \
                                are pseudonyms from ingest on"
                            .to_owned(),
                    );
                }
                self.queries.push((id, parsed));
                Ok(())
            }
            (None, Some(examples)) => {
                let text =
                    |text: &String| prepare(text, TextFormat::Plain, &Limits::default()).text;
                let texts: BTreeSet<String> = examples.iter().map(text).collect();
                let texts: Vec<String> =
                    texts.into_iter().filter(|text| !text.is_empty()).collect();
                if texts.len() < LEAST_EXAMPLES {
                    let few = texts.len();
                    return Err(format!(
                        "it has {few} different examples; give {LEAST_EXAMPLES} or more"
                    ));
                }
                self.examples.push((id, texts));
                Ok(())
            }
        }
    }

    /// The queries of those that have one; `None` where there is none.
    pub(crate) fn queries(&self) -> Outcome<Option<Arc<QuerySet>>> {
        if self.queries.is_empty() {
            return Ok(None);
        }
        // A set of queries calls what it finds brands; the ids are those of touchpoints here.
        let queries = self.queries.iter();
        let queries = queries.map(|(id, query)| (BrandId::new(id.as_str()), query.clone()));
        let set = QuerySet::build(queries).map_err(|error| Failure::input(error.to_string()))?;
        Ok(Some(Arc::new(set)))
    }
}

/// What queries of touchpoints tell of an item.
pub(crate) fn rules(queries: &Arc<QuerySet>) -> Rules {
    let mut matcher = Matcher::new(Arc::clone(queries));
    Box::new(move |item: &Item| {
        let document = Document {
            url: item.url.as_deref(),
            language: item.language.as_deref(),
            ..Document::of_text(&item.text)
        };
        let found = matcher.matches(&document).into_iter();
        found
            .map(|found| TouchpointId::new(found.brand.as_str()))
            .collect()
    })
}

/// The model that the configuration names, taught the touchpoints that have examples: told from
/// the demo's posts and from each other. Also says how well each of them can be told.
pub(crate) fn model(config: &Config) -> Outcome<(LoadedModel, Vec<Quality>)> {
    let mut model = LoadedModel::configured(&config.classify, &config.taxonomy)
        .map_err(|error| Failure::input(error.to_string()))?;
    let qualities = model
        .learn(&config.own_touchpoints.examples, &demo_posts::texts())
        .map_err(|error| Failure::input(error.to_string()))?;
    Ok((model, qualities))
}
