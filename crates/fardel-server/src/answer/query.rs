//! Query parameters: unknown, malformed and doubled ones are refused, not ignored.

use std::collections::HashSet;

use axum::{extract::FromRequestParts, http::request::Parts};
use fardel_domain::problem::Problem;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::{Failure, json::wrong_value};

/// The query as `T`, which must say `deny_unknown_fields`; 422 names the parameter otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parse(parts.uri.query().unwrap_or_default()).map(Self).map_err(Failure)
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut seen = HashSet::new();
    for (name, _) in form_urlencoded::parse(query.as_bytes()) {
        if !seen.insert(name.clone()) {
            return Err(Problem::field(name.chars().take(100).collect::<String>(), "is given twice; give it once"));
        }
    }
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let parameter = error.path().to_string();
        let parameter = if parameter == "." { String::new() } else { format!("/{parameter}") };
        let mut problem = wrong_value(parameter, &error.inner().to_string());
        for error in &mut problem.errors {
            error.pointer = error.pointer.trim_start_matches('/').to_owned();
        }
        problem
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Paging {
        limit: Option<u32>,
        parent_id: Option<fardel_domain::id::FileId>,
    }

    #[test]
    fn each_fault_of_a_query_names_its_parameter() {
        let page: Paging = parse("limit=20&parentId=0192f0c1-2345-7abc-8def-0123456789ab").unwrap();
        assert_eq!(page.limit, Some(20));
        assert!(page.parent_id.is_some());
        for (query, code, pointer) in [
            ("limit=x", "invalid-field", "limit"),
            ("limit=-1", "invalid-field", "limit"),
            ("limit=", "invalid-field", "limit"),
            ("limit=1&limit=2", "invalid-field", "limit"),
            ("parentId=..%2f", "invalid-field", "parentId"),
            ("token=abc", "unknown-field", "token"),
        ] {
            let problem = parse::<Paging>(query).unwrap_err();
            assert_eq!((problem.code.code(), problem.errors[0].pointer.as_str()), (code, pointer), "{query}");
        }
    }
}
