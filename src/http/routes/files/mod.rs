//! The files of the store: `POST /upload/{bucket}/{path}` and `GET /download/{bucket}/{path}`.
//!
//! * `conditions`: what a reader or a writer makes its call depend on
//! * `download`: sends a file, or a part of it
//! * `form`: the file in a form of a browser
//! * `incoming`: a file that arrives, bounded in size
//! * `place`: the bucket and the key that a path names
//! * `range`: the part of a file that a reader asks for
//! * `upload`: takes a file in

mod conditions;
mod download;
mod form;
mod incoming;
mod place;
mod range;
mod upload;

pub use download::{download, operation as download_operation};
pub use upload::{operation as upload_operation, upload};
