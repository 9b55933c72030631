//! Object stores behind [`fardel_domain::object_store::ObjectStore`]: the embedded one on a local
//! disk, which clients reach by S3 presigned requests, and S3 itself.

pub mod local;
pub mod s3;
pub mod sigv4;
