//! The S3 operations, mapped onto the backend.
//!
//! * `buckets`: operations on buckets
//! * `copy`: copies within the store
//! * `inputs`: what the inputs of several operations have in common
//! * `lists`: lists of objects and of uploads
//! * `multipart`: multipart uploads
//! * `objects`: operations on single objects, and the deletion of many
//! * `operations`: each S3 operation with its function
//! * `receive_body`: receives a body into a temporary file
//! * `values`: the small values of answers

mod buckets;
mod copy;
mod inputs;
mod lists;
mod multipart;
mod objects;
mod operations;
mod receive_body;
mod values;

pub(super) use operations::Service;
