//! Headers that every answer carries, so that browsers keep content and pages apart.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::Gateway;
use crate::app::Settings;

const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

/// The values that depend on the settings.
pub(crate) struct SecurityHeaders {
    page_policy: HeaderValue,
    is_https: bool,
}

/// Whose answer it is decides which headers it gets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Area {
    Api,
    /// The object store and the edge set what belongs to content themselves.
    Content,
    Page,
}

impl SecurityHeaders {
    pub(crate) fn new(settings: &Settings) -> Self {
        let origins = settings.connect_origins.iter().fold(String::new(), |list, origin| list + " " + origin);
        // WebAssembly hashes files; nothing else is evaluated.
        let policy = format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self' blob:{origins}; media-src 'self' blob:{origins}; connect-src 'self'{origins}; \
             worker-src 'self'; manifest-src 'self'; font-src 'self'; frame-src 'self'{origins}; object-src 'none'; \
             base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
        );
        let page_policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        Self { page_policy, is_https: settings.public_url.scheme() == "https" }
    }

    fn add(&self, area: Area, is_share_page: bool, headers: &mut HeaderMap) {
        let mut set = |name: HeaderName, value: HeaderValue| {
            headers.entry(name).or_insert(value);
        };
        let fixed = HeaderValue::from_static;
        set(header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
        if self.is_https {
            set(header::STRICT_TRANSPORT_SECURITY, fixed("max-age=31536000"));
        }
        if area == Area::Content {
            return;
        }
        set(header::REFERRER_POLICY, fixed(if is_share_page { "no-referrer" } else { "same-origin" }));
        set(HeaderName::from_static("cross-origin-resource-policy"), fixed("same-origin"));
        if area == Area::Api {
            set(header::CONTENT_SECURITY_POLICY, fixed("default-src 'none'; frame-ancestors 'none'"));
            set(header::CACHE_CONTROL, fixed("private, no-store"));
        } else {
            set(header::CONTENT_SECURITY_POLICY, self.page_policy.clone());
            set(HeaderName::from_static("cross-origin-opener-policy"), fixed("same-origin"));
            set(header::X_FRAME_OPTIONS, fixed("DENY"));
            set(HeaderName::from_static("permissions-policy"), fixed(PERMISSIONS));
        }
    }
}

/// Adds what is missing; an answer's own headers stay.
pub(super) async fn secure(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let area = if is_api(path) {
        Area::Api
    } else if path.starts_with("/store/") || path.starts_with("/cdn/") {
        Area::Content
    } else {
        Area::Page
    };
    let is_share_page = path.starts_with("/s/");
    let mut response = next.run(request).await;
    gateway.security_headers.add(area, is_share_page, response.headers_mut());
    response
}

/// Whether programs, not people, read what is under this path.
pub(super) fn is_api(path: &str) -> bool {
    ["/api/", "/.well-known/"].iter().any(|prefix| path.starts_with(prefix))
        || ["/api", "/healthz", "/readyz", "/metrics"].contains(&path)
}
