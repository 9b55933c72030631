//! The CDN role: serves contents to whoever holds a signed URL, in the grammar of Amazon `CloudFront`.
//!
//! A request's way: signature ([`UrlVerifier`]) → what the URL stands for at present ([`Origin`]) →
//! preconditions and range (RFC 9110) → bytes from the cache of small objects or from the store.
//! Nothing is looked up, joined or compared before the signature holds.

mod answer;
mod body;
pub mod cloudfront;
mod content_url;
mod disposition;
mod edge;
mod origin;
mod preconditions;
mod range;
mod small_objects;

pub use cloudfront::{KeyError, PublicKey, SigningKey, UrlSigner, UrlVerifier};
pub use content_url::{CONTENT_PATH, ContentUrl, content_expiry};
pub use disposition::{Disposition, content_disposition};
pub use edge::{Edge, router};
pub use origin::{Origin, OriginError, Servable};
