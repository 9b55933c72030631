//! The description of the API (OpenAPI 3.1), generated from the handlers.

use axum::{
    Router,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::get,
};
use fardel_domain::file::Sort;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, Content, Info, License, OpenApi, PathItem, Ref, RefOr, ResponseBuilder, SecurityRequirement,
        Server,
        path::Operation,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    account,
    answer::{etag, problem},
    app::App,
    download, files, trash, upload,
};

const BEARER: &str = "bearer";
const DESCRIPTION: &str =
    "A self-hosted files manager. Every error answer is a problem (RFC 9457) with a stable `code`.";

/// Every flow's routes with their descriptions, below `/api/v1`.
pub(super) fn routes() -> OpenApiRouter<App> {
    let flows = account::routes()
        .merge(upload::routes())
        .merge(files::routes())
        .merge(download::routes())
        .merge(trash::routes());
    OpenApiRouter::with_openapi(OpenApi::default()).nest("/api/v1", flows)
}

/// The document that `/api/v1/openapi.json` serves.
pub fn openapi() -> OpenApi {
    finished(routes().into_openapi())
}

/// Adds what is the same for every operation.
pub(super) fn finished(mut document: OpenApi) -> OpenApi {
    document.info = Info::new("Fardel API", env!("CARGO_PKG_VERSION"));
    document.info.description = Some(DESCRIPTION.to_owned());
    document.info.license = Some(license());
    document.servers = Some(vec![Server::new("/")]);
    document.security = Some(vec![SecurityRequirement::new(BEARER, Vec::<String>::new())]);

    let components = document.components.get_or_insert_with(Components::new);
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.description = Some("An access token from sign-in (15 minutes), or an API key `fardel_…`.".to_owned());
    components.security_schemes.insert(BEARER.to_owned(), RefOr::T(SecurityScheme::Http(bearer)));
    // utoipa collects what bodies name, not what parameters do.
    let mut schemas = vec![
        (problem::ProblemBody::name().into_owned(), problem::ProblemBody::schema()),
        (Sort::name().into_owned(), Sort::schema()),
    ];
    problem::ProblemBody::schemas(&mut schemas);
    for (name, schema) in schemas {
        components.schemas.entry(name).or_insert(schema);
    }

    let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name(problem::ProblemBody::name()))));
    let problem = ResponseBuilder::new()
        .description("A problem; `code` tells which.")
        .content(problem::MEDIA_TYPE, content)
        .build();
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        operation.responses.responses.entry("default".to_owned()).or_insert_with(|| RefOr::T(problem.clone()));
    }
    document
}

fn license() -> License {
    let mut license = License::new("Apache-2.0 OR MIT");
    license.identifier = Some("Apache-2.0 OR MIT".to_owned());
    license
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch, &mut item.head]
        .into_iter()
        .filter_map(Option::as_mut)
}

/// `GET /api/v1/openapi.json`.
pub(super) fn serve(document: &OpenApi) -> Router<App> {
    let json: bytes::Bytes = serde_json::to_vec(document).unwrap_or_default().into();
    let etag = etag::of_text(&fardel_domain::checksum::Sha256::of(&json).to_hex()[..32]);
    let answer = move |headers: HeaderMap| {
        let (json, etag) = (json.clone(), etag.clone());
        async move { describe(&headers, &etag, json) }
    };
    Router::new().route("/api/v1/openapi.json", get(answer))
}

fn describe(headers: &HeaderMap, etag: &etag::Etag, json: bytes::Bytes) -> Response {
    etag::not_modified(headers, etag)
        .unwrap_or_else(|| (etag::header(etag), [(header::CONTENT_TYPE, "application/json")], json).into_response())
}
