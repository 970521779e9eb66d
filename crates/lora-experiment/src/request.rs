//! What a call was asked to measure. It is stored with the runs, so that their state can be shown and
//! shards can be merged without the files that were named.

use serde::{Deserialize, Serialize};

use crate::error::ExperimentError;
use crate::experiment::{Difference, Experiment, first_difference, parse_resolved};
use crate::study::definition::Study;
use crate::study::suite::TopicRequest;

/// An experiment, or claims with their studies.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// One experiment, with every key.
    Experiment(Box<Experiment>),
    /// Claims and their studies.
    Topics(TopicRequest),
}

/// How topics are written down.
#[derive(Serialize, Deserialize)]
struct TopicText {
    topics: TopicRequest,
}

impl Request {
    /// As text: an experiment as TOML with every key, topics as JSON.
    ///
    /// # Errors
    /// If a value has no text.
    pub fn text(&self) -> Result<String, ExperimentError> {
        match self {
            Self::Experiment(experiment) => toml::to_string(experiment)
                .map_err(|error| ExperimentError::no_text("the experiment", error)),
            Self::Topics(topics) => {
                let text = TopicText { topics: topics.clone() };
                serde_json::to_string(&text)
                    .map_err(|error| ExperimentError::no_text("the list of topics", error))
            }
        }
    }

    /// From that text, which messages call `label`.
    ///
    /// # Errors
    /// If it is no such text, or holds no valid experiment.
    pub fn parse(label: &str, text: &str) -> Result<Self, ExperimentError> {
        if !text.starts_with('{') {
            return parse_resolved(label, text).map(|e| Self::Experiment(Box::new(e)));
        }
        let read: Result<TopicText, _> = serde_json::from_str(text);
        let failed = |source| ExperimentError::NotARequest { label: label.to_owned(), source };
        read.map(|read| Self::Topics(read.topics)).map_err(failed)
    }

    /// The studies that are trained for it. `name` is that of the experiment.
    ///
    /// # Errors
    /// If the topics are not valid.
    pub fn studies(&self, name: &str) -> Result<Vec<Study>, ExperimentError> {
        match self {
            Self::Experiment(experiment) => Ok(vec![Study::of(name, experiment)?]),
            Self::Topics(topics) => Ok(topics.suite()?.studies),
        }
    }

    /// The first thing in which two requests differ, with both values.
    pub fn difference(&self, other: &Self) -> Option<Difference> {
        match (self, other) {
            (Self::Experiment(a), Self::Experiment(b)) => first_difference(a, b),
            (Self::Topics(a), Self::Topics(b)) => {
                let differs =
                    |what: &str, a: String, b: String| (a != b).then(|| (what.to_owned(), [a, b]));
                let labels = |of: &TopicRequest| {
                    let all = of.topics.iter().map(|(label, _)| label.as_str());
                    all.collect::<Vec<_>>().join(", ")
                };
                let only = |of: &TopicRequest| format!("{:?}", of.only);
                differs("the list of topics", labels(a), labels(b))
                    .or_else(|| differs("the choice of claims", only(a), only(b)))
                    .or_else(|| {
                        let pair = a.topics.iter().zip(&b.topics).find(|(a, b)| a != b)?;
                        let text = |which: &str| format!("the text of the {which}");
                        Some((pair.0.0.clone(), [text("first"), text("second")]))
                    })
            }
            (Self::Experiment(_), Self::Topics(_)) => {
                Some(("what is measured".to_owned(), ["a sweep", "claims"].map(str::to_owned)))
            }
            (Self::Topics(_), Self::Experiment(_)) => {
                Some(("what is measured".to_owned(), ["claims", "a sweep"].map(str::to_owned)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::suite::Suite;

    #[test]
    fn a_request_is_read_back_from_its_text() {
        let experiment = Request::Experiment(Box::default());
        let suite = Suite::load(&[], true).expect("the built-in topics");
        let topics = Request::Topics(suite.request);
        for request in [&experiment, &topics] {
            let text = request.text().expect("a text");
            assert_eq!(Request::parse("x", &text).expect("a request"), *request);
            assert_eq!(request.difference(request), None);
            assert!(!request.studies("x").expect("studies").is_empty());
        }
        assert!(experiment.difference(&topics).is_some());
        assert!(Request::parse("x", "{\"topics\": 3}").is_err());
    }
}
